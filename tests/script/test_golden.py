"""Whole scripts and all that is made of them, as readable files. `--update-golden` writes them anew."""

import json
from pathlib import Path

import pytest

from tests.script.scripts import CAST, read
from viraltracker.script import CODES, format_script, to_json

GOLDEN = Path(__file__).parents[1] / "golden" / "els"
SCRIPTS = sorted(GOLDEN.glob("*.els"), key=lambda path: path.name)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_reads_as_it_did(path: Path, request: pytest.FixtureRequest) -> None:
    shown = json.dumps(to_json(read(path.read_bytes())), indent=2, ensure_ascii=False) + "\n"
    expected = path.with_suffix(".json")
    if request.config.getoption("--update-golden"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_without_errors_keeps_its_meaning_when_formatted(path: Path) -> None:
    parsed = read(path.read_bytes())
    if parsed.errors:
        assert path.stem == "every-error"
    else:
        assert read(format_script(path.read_bytes(), CAST)).script == parsed.script


def test_the_golden_scripts_show_nearly_every_finding() -> None:
    shown = {found.code for path in SCRIPTS for found in read(path.read_bytes()).diagnostics}
    needs_a_whole_script = {"not-utf8", "too-large", "no-meta", "no-beat", "meta-after-beat"}
    needs_length = {"long-line", "many-beats"}
    assert shown == CODES.keys() - needs_a_whole_script - needs_length
