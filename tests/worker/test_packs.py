"""Voice packs on disk: what is read, what is refused in which words, and that one never hides another."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.worker.voice_process import Starting
from viraltracker.errors import SettingsRefused
from viraltracker.worker import Pack
from viraltracker.worker.families import EspeakFamily, ToneFamily
from viraltracker.worker.families.tone import TONE_PACK
from viraltracker.worker.packs import (
    METADATA,
    BrokenPack,
    Packs,
    catalogue,
    read_again,
    read_pack,
    read_packs,
    write_metadata,
)
from viraltracker.worker.yaml_files import MOST_BYTES

SAID: Mapping[str, Any] = {
    "id": "piper/en_US-lessac-medium",
    "family": "piper",
    "title": "Lessac",
    "version": "1.0",
    "languages": ["en-US"],
    "capabilities": ["streaming", "speed"],
    "rate_hz": 22_050,
    "licence": "CC BY 4.0",
    "consent": "dataset licence",
    "settings": {"speakers": {"p1": 0, "p2": 1}, "noise": 0.667},
}


def put(root: Path, id_: str = "piper/en_US-lessac-medium", text: str | None = None, **said: Any) -> Path:
    folder = root / id_
    folder.mkdir(parents=True)
    family, _, name = id_.partition("/")
    described = {**SAID, "id": f"{family}/{name}", "family": family, **said}
    (folder / METADATA).write_text(yaml.safe_dump(described) if text is None else text)
    return folder


def problem(root: Path) -> str:
    found = read_packs(root)
    assert found.packs == ()
    (broken,) = found.broken
    return broken.problem


def test_a_pack_is_read_as_it_describes_itself(tmp_path: Path) -> None:
    folder = put(tmp_path)
    assert read_packs(tmp_path) == Packs(
        (
            Pack(
                id="piper/en_US-lessac-medium",
                family="piper",
                title="Lessac",
                version="1.0",
                languages=("en-US",),
                capabilities=frozenset({"streaming", "speed"}),
                rate_hz=22_050,
                licence="CC BY 4.0",
                consent="dataset licence",
                folder=folder,
                settings={"speakers": {"p1": 0, "p2": 1}, "noise": 0.667},
            ),
        )
    )


def test_no_folder_is_no_packs_and_a_file_is_refused(tmp_path: Path) -> None:
    assert read_packs(tmp_path / "none") == Packs()
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsRefused, match="Name another one as `packs`"):
        read_packs(tmp_path / "file")


def test_broken_packs_stand_beside_those_that_can_be_used(tmp_path: Path) -> None:
    put(tmp_path, "piper/alba")
    put(tmp_path, "piper/broken", text="title: [")
    (tmp_path / "piper/empty").mkdir()
    put(tmp_path, "tone/low")
    (tmp_path / "README").write_text("not a pack")
    (tmp_path / "piper/.alba.part").mkdir()
    found = read_packs(tmp_path)
    assert [pack.id for pack in found.packs] == ["piper/alba", "tone/low"]
    assert found.broken == (
        BrokenPack(
            "piper/broken",
            "metadata.yaml: line 1, column 9 is no YAML. Often a colon, a quote or a blank is missing there, "
            "or a tab is too much.",
        ),
        BrokenPack("piper/empty", "metadata.yaml is missing, or not a file. Put it there."),
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"id": "piper/other"}, "describes piper/other of piper, but lies in piper/en_US-lessac-medium"),
        ({"family": "tone"}, "describes piper/en_US-lessac-medium of tone"),
        ({"titel": "Lessac"}, "titel: there is no such key. Did you mean title?"),
        ({"qqqq": "Lessac"}, "qqqq: there is no such key. Remove it."),
        ({"a\x1b[2J": 1}, "a\ufffd[2J: there is no such key"),
        ({"title": "two\nlines"}, "title: it should be one line of text."),
        ({"title": "t" * 201}, "title: String should have at most 200 characters."),
        ({"version": 1.0}, "version: it should be text. Put it in quotes."),
        ({"languages": []}, "languages: List should have at least 1 item"),
        ({"languages": ["en", "en_US"]}, "languages.1: a language is written like en, en-GB or pt-BR."),
        ({"languages": [False]}, "languages.0: it should be text. Put it in quotes."),
        ({"capabilities": ["sings"]}, "capabilities.0: it should be 'streaming', 'batching', 'speed' or"),
        ({"rate_hz": 1}, "rate_hz: it should be greater than or equal to 8000"),
        ({"rate_hz": "22050"}, "rate_hz: it should be a valid integer"),
        ({"consent": "stolen"}, "consent: it should be 'own voice', 'given', 'synthetic' or 'dataset"),
        ({"consent": ""}, "consent: it should be 'own voice'"),
        ({"settings": [1]}, "settings: it should be a valid dictionary"),
    ],
)
def test_what_a_pack_says_wrongly_is_told_by_its_key(tmp_path: Path, said: dict[str, Any], told: str) -> None:
    put(tmp_path, **said)
    assert told in problem(tmp_path)


def test_what_is_missing_is_told_all_at_once(tmp_path: Path) -> None:
    put(tmp_path, text="id: piper/en_US-lessac-medium\nfamily: piper\n")
    told = problem(tmp_path)
    for key in ("title", "version", "languages", "capabilities", "rate_hz", "licence", "consent"):
        assert f"{key}: it is missing. Add it." in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a\n- b\n", "must be `key: value` lines"),
        ("title: a\ntitle: b\n", "line 2, column 1 has a key that is there already"),
        ("settings: {no: 1}\n", "line 1, column 12 should be a key's name. Put it in quotes."),
        ("? [a]\n: 1\n", "line 1, column 3 should be a key's name"),
        ("title: &a x\nlicence: *a\n", "is used twice, by an anchor"),
        ("settings: &a\n  again: *a\n", "is used twice, by an anchor"),
        ("version: 2024-01-01\n", "line 1, column 10 is neither text nor a number. Put it in quotes."),
        ("title: !!python/name:os.system x\n", "is neither text nor a number"),
        ("rate_hz: !!int ''\n", "has a value that is no number and no text"),
        ("rate_hz: 0x_\n", "has a value that is no number and no text"),
        ("rate_hz: !!bool perhaps\n", "has a value that is no number and no text"),
        ("title: a\n---\ntitle: b\n", "line 2, column 1 is no YAML"),
        ("title: \x07\n", "is no YAML"),
        ("title: " + "{a: " * 2_000, "is nested too deeply"),
        ("# " + "x" * MOST_BYTES, f"is longer than {MOST_BYTES} bytes"),
    ],
)
def test_yaml_that_should_not_be_there_is_refused(tmp_path: Path, text: str, told: str) -> None:
    put(tmp_path, text=text)
    assert told in problem(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (put(tmp_path) / METADATA).write_bytes(b"title: \xff\xfe\n")
    assert "Write it as UTF-8" in problem(tmp_path)


@pytest.mark.parametrize("name", ["a b", "-a", "a" * 81, "x\x1b]0;y", "café"])
def test_a_name_that_is_none_is_refused_and_told_without_harm(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"piper/{name}")
    (broken,) = read_packs(tmp_path).broken
    assert "Rename it." in broken.problem
    assert broken.id.isprintable()
    assert len(broken.id) <= len("piper/") + 60


def test_a_family_has_no_capitals(tmp_path: Path) -> None:
    put(tmp_path, "Piper/alba")
    assert "capitals only in the pack's own name" in problem(tmp_path)


def test_names_that_differ_in_capitals_only_are_not_told_apart(tmp_path: Path) -> None:
    put(tmp_path, "piper/Alba")
    try:
        put(tmp_path, "piper/alba")
    except FileExistsError:  # this disk is one of those
        return
    found = read_packs(tmp_path)
    assert [pack.id for pack in found.packs] == ["piper/Alba"]
    assert found.broken[0].id == "piper/alba"
    assert "differ in capitals only" in found.broken[0].problem


def test_links_may_not_lead_out_of_a_pack(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "piper/far")
    folder = put(tmp_path / "in", "piper/alba")
    (folder / "alba.onnx").symlink_to(outside / METADATA)
    assert problem(tmp_path / "in") == "alba.onnx links out of the pack. Put the file itself there."
    (folder / "alba.onnx").unlink()
    (folder / "again.yaml").symlink_to(METADATA)
    (folder / "ring").symlink_to("ring2")
    (folder / "ring2").symlink_to("ring")
    assert len(read_packs(tmp_path / "in").packs) == 1
    (tmp_path / "in/piper/far").symlink_to(outside)
    (tmp_path / "in/tone").symlink_to(outside.parent)
    told = {each.id: each.problem for each in read_packs(tmp_path / "in").broken}
    assert set(told) == {"piper/far", "tone/far"}
    assert set(told.values()) == {"The folder is a link. Put the pack itself there."}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (folder / METADATA).unlink()
    os.mkfifo(folder / METADATA)
    assert problem(tmp_path) == "metadata.yaml is missing, or not a file. Put it there."


async def test_a_pack_is_read_again_and_one_without_files_stays(tmp_path: Path) -> None:
    folder = put(tmp_path, "piper/alba")
    pack = read_pack(folder)
    write_metadata(folder, replace(pack, title="Alba, second edition"))
    assert (await read_again(pack)).title == "Alba, second edition"
    assert await read_again(TONE_PACK) is TONE_PACK


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    speakers = {"no": 0, "1": 1, "näïve": 2}
    pack = replace(
        read_pack(put(tmp_path)), title="Größe: “x” #1", settings={"speakers": speakers, "again": speakers}
    )
    (unfinished := tmp_path / ".part").mkdir()
    write_metadata(unfinished, pack)
    assert [path.name for path in unfinished.iterdir()] == [METADATA]
    unfinished.rename(folder := tmp_path / "piper/other")
    pack = replace(pack, id="piper/other", folder=folder)
    write_metadata(folder, pack)
    assert read_pack(folder) == pack


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": ""}, "title"),
        ({"rate_hz": 0}, "rate_hz"),
        ({"consent": ""}, "consent"),
        ({"settings": {"voice": object()}}, "not plain values"),
        ({"settings": {1: "x"}}, "should be a key's name"),
        ({"settings": {"long": "x" * MOST_BYTES}}, "is longer than"),
    ],
)
def test_what_could_not_be_read_is_not_written(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    folder = put(tmp_path)
    before = (folder / METADATA).read_bytes()
    with pytest.raises(SettingsRefused, match=told):
        write_metadata(folder, replace(read_pack(folder), **change))
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [(METADATA, before)]


def test_the_catalogue_is_what_the_engines_can_load(tmp_path: Path) -> None:
    put(tmp_path, "piper/alba")
    put(tmp_path, "tone/low")
    put(tmp_path, "tone/tone")
    put(tmp_path, "tone/worse", text="")
    all_there_is = catalogue(read_packs(tmp_path), [ToneFamily(), EspeakFamily()])
    assert [pack.id for pack in all_there_is.packs] == ["espeak/espeak-ng", "tone/low", "tone/tone"]
    assert all_there_is.packs[2] is TONE_PACK
    assert [each.id for each in all_there_is.broken] == ["piper/alba", "tone/tone (folder)", "tone/worse"]
    assert "Add it to `engines`" in all_there_is.broken[0].problem
    assert "Rename the folder" in all_there_is.broken[1].problem


def test_a_worker_says_at_its_start_what_it_leaves_out(start_worker: Starting, tmp_path: Path) -> None:
    folder = tmp_path / "packs" / "piper" / "hum"
    folder.mkdir(parents=True)
    (folder / "hum.onnx").touch()
    options = ("--engine=tone", "--engine=piper", "--address=127.0.0.1:0", "--default=tone/tone")
    worker = start_worker(f"--packs={tmp_path / 'packs'}", *options)
    assert worker.said["models"] == ["tone/tone"]
    assert worker.end() == 0
    assert "Left out: piper/hum. metadata.yaml is missing" in worker.log.read_text()
