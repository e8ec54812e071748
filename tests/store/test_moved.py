"""A project archive's file: what isn't exactly as its list says is refused before a row is used."""

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from viraltracker.errors import BadInput
from viraltracker.store import project_reader

GOLDEN = Path(__file__).parents[1] / "golden" / "project" / "version-1.zip"
Members = dict[str, bytes]


def unpacked() -> Members:
    with zipfile.ZipFile(GOLDEN) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, members: Members, how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, payload in members.items():
            archive.writestr(name, payload)
    return path


def listed(members: Members, changed: Callable[[dict[str, Any]], None] = lambda _: None) -> Members:
    """The members with a list that fits them: a forger's archive."""
    manifest = json.loads(members["manifest.json"])
    manifest["members"] = [
        {"name": name, "bytes": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}
        for name, payload in members.items()
        if name != "manifest.json"
    ]
    changed(manifest)
    return {**members, "manifest.json": json.dumps(manifest).encode()}


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught, project_reader(path):
        pass
    return str(caught.value)


def _with(odd: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.update(odd)


def of_kind(members: Members, kind: str) -> str:
    return next(name for name in members if name.endswith(f"/{kind}.json"))


def test_the_golden_archive_is_read_also_when_it_was_packed_anew(tmp_path: Path) -> None:
    for path in (
        GOLDEN,
        packed(tmp_path / "a.zip", unpacked()),
        packed(tmp_path / "b.zip", listed(unpacked())),
    ):
        with project_reader(path) as reader:
            assert [session.title for session in reader.manifest.sessions] == ["Fog"]
            assert len(reader.all_files) == 5


def test_one_changed_byte_in_any_member_is_noticed(tmp_path: Path) -> None:
    for name, payload in unpacked().items():
        where = len(payload) // 2
        changed = payload[:where] + bytes([payload[where] ^ 1]) + payload[where + 1 :]
        refused(packed(tmp_path / "changed.zip", {**unpacked(), name: changed}))


def test_an_archive_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    whole = GOLDEN.read_bytes()
    for kept in (0, 1, 100, len(whole) // 3, len(whole) // 2, len(whole) - 1000, len(whole) - 1):
        (tmp_path / "short.zip").write_bytes(whole[:kept])
        refused(tmp_path / "short.zip")


def test_names_that_lead_elsewhere_are_refused_even_when_listed(tmp_path: Path) -> None:
    for name in ("../evil", "/etc/evil", "audio/../../evil", "audio\\..\\evil", "sessions/evil.json", "evil"):
        refused(packed(tmp_path / "slip.zip", listed({**unpacked(), name: b"evil"})))
        refused(packed(tmp_path / "slip.zip", {**unpacked(), name: b"evil"}))
    assert [found.name for found in tmp_path.iterdir()] == ["slip.zip"]


def test_bombs_are_refused_by_what_their_directory_says(tmp_path: Path) -> None:
    bomb = {**unpacked(), "audio/" + "0" * 64: b"\0" * 20_000_000}
    assert "compressed" in refused(packed(tmp_path / "bomb.zip", listed(bomb), zipfile.ZIP_DEFLATED))
    audio = next(name for name in unpacked() if name.startswith("audio/"))
    path = packed(tmp_path / "overlap.zip", unpacked())
    with zipfile.ZipFile(path, "a") as archive:
        # Many names for the same bytes: nothing is compressed, and yet it would unfold.
        first = archive.getinfo(audio)
        for number in range(200):
            again = zipfile.ZipInfo(f"audio/{number:064x}")
            for fact in ("file_size", "compress_size", "CRC", "header_offset"):
                setattr(again, fact, getattr(first, fact))
            archive.filelist.append(again)
        archive.writestr("audio/" + "f" * 64, b"")
    assert "unfold" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_and_a_link_are_refused(tmp_path: Path) -> None:
    twice = packed(tmp_path / "twice.zip", unpacked())
    with zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("manifest.json", unpacked()["manifest.json"])
    assert "twice" in refused(twice)
    linked = packed(tmp_path / "linked.zip", unpacked())
    with zipfile.ZipFile(linked, "a") as archive:
        link = zipfile.ZipInfo("audio/" + "0" * 64)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "plain file" in refused(linked)


def test_a_newer_format_says_so_and_an_unknown_one_too(tmp_path: Path) -> None:
    def newer(manifest: dict[str, Any]) -> None:
        manifest.update(version=2, something="new")

    assert "newer studio (format 2)" in refused(packed(tmp_path / "a.zip", listed(unpacked(), newer)))
    odd_ones: tuple[dict[str, Any], ...] = (
        {"version": 0},
        {"version": "x"},
        {"format": "other"},
        {"sessions": []},
        {"more": 1},
    )
    for odd in odd_ones:
        refused(packed(tmp_path / "a.zip", listed(unpacked(), _with(odd))))


def test_rows_of_a_wrong_shape_are_refused_though_their_hash_is_right(tmp_path: Path) -> None:
    members = unpacked()
    takes = json.loads(members[of_kind(members, "takes")])
    under_way = json.dumps([{**takes[0], "status": "queued"}]).encode()
    for kind, text in (
        ("takes", b"{}"),
        ("takes", b"[1]"),
        ("takes", b"[" * 100_000),
        ("takes", b"\xff"),
        ("takes", under_way),
        ("sessions", b"[]"),
        ("sessions", b'[{"id": "other"}]'),
        ("blobs", b"[]"),
        ("blobs", b'[{"sha256": "../evil", "bytes": 1, "media_type": "audio/flac"}]'),
    ):
        refused(packed(tmp_path / "odd.zip", listed({**members, of_kind(members, kind): text})))


def test_audio_of_another_hash_or_none_is_refused(tmp_path: Path) -> None:
    members = unpacked()
    audio = next(name for name in members if name.startswith("audio/"))
    refused(packed(tmp_path / "other.zip", listed({**members, audio: b"x" * len(members[audio])})))
    refused(packed(tmp_path / "none.zip", listed({name: members[name] for name in members if name != audio})))
