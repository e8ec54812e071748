"""What gets into the studio's process: nothing heavy, nothing whose licence would bind the whole."""

import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import modules

HEAVY = ("torch", "transformers", "peft", "safetensors", "tokenizers")
JUDGES = ("mutagen", "hypothesis", "pytest", "playwright")

BINDING = re.compile(r"\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)
"""Licences that would bind a program which imports their library. LGPL ones don't."""

IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
try:
    maps = open("/proc/self/maps").read()
except FileNotFoundError:
    maps = ""
print(*sorted({line.rpartition("/")[2] for line in maps.splitlines() if "/" in line}))
"""


def closure(name: str, extras: tuple[str, ...] = ()) -> Iterator[str]:
    """All distributions that an installation of `name` brings along."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(canonicalize_name(name), extras)]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:  # for another platform
            continue
        yield name
        for needed in map(Requirement, lines):
            wanted = [{"extra": extra} for extra in ("", *extras)]
            if needed.marker is None or any(needed.marker.evaluate(each) for each in wanted):
                waiting.append((canonicalize_name(needed.name), tuple(sorted(needed.extras))))


def licence(name: str) -> str:
    """What a distribution says of its licence; of a whole licence text the first line."""
    facts = importlib.metadata.metadata(name)
    named = [facts[field].partition("\n")[0] for field in ("License-Expression", "License") if field in facts]
    return " ".join([*named, *(line for line in facts.get_all("Classifier") or [] if "License" in line)])


def test_the_studio_is_made_of_permissive_and_lgpl_parts() -> None:
    bound = [f"{name}: {licence(name)}" for name in closure("viraltracker") if BINDING.search(licence(name))]
    assert bound == []


def test_the_licence_check_knows_a_strict_one() -> None:
    assert BINDING.search("GPL-3.0-or-later")
    assert BINDING.search("AGPL-3.0")
    assert BINDING.search("GNU General Public License v2 (GPLv2)")
    assert not BINDING.search("LGPL-3.0-only GNU Lesser General Public License v3")


def test_the_studio_process_loads_no_training_and_no_gpl_library(tmp_path: Path) -> None:
    """Everything pages and commands can import, imported in one process: torch alone would cost seconds."""
    names = [
        file.name
        for file in modules("viraltracker")
        if file.package in {"ui", "studio", "cli"}
        and not file.name.endswith(("__main__", "ui.app"))  # scripts, which work when they are imported
    ]
    assert names
    environment = {**os.environ, "VIRALTRACKER_DATA": str(tmp_path / "data")}
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert run.returncode == 0, run.stderr
    imported, mapped = run.stdout.splitlines()
    assert set(imported.split()).isdisjoint({*HEAVY, *JUDGES})
    assert "espeak" not in mapped
