import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import SettingsRefused
from viraltracker.store import media_type
from viraltracker.ui.files import safe_filename
from viraltracker.ui.keyfile import read_or_make_key


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"fLaC\x00\x00\x00\x22", "audio/flac"),
        (b"RIFF\x24\x00\x00\x00WAVE", "audio/wav"),
        (b"RIFF\x24\x00\x00\x00AVI ", "application/octet-stream"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf3\x90\x64", "audio/mpeg"),
        (b"\xff\xd8\xff\xe0", "application/octet-stream"),
        (b"PK\x03\x04", "application/zip"),
        (b"<html><script>", "application/octet-stream"),
        (b"\xff", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, expected: str) -> None:
    assert media_type(head) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lighthouse-diaries-ep-3.mp3", "lighthouse-diaries-ep-3.mp3"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("a\r\nSet-Cookie: x=1.mp3", "aSet-Cookie- x=1.mp3"),
        ("\u202egpj.mp3", "gpj.mp3"),
        ('say "hi" <b>.mp3', "say -hi- -b-.mp3"),
        ("CON.mp3", "download-CON.mp3"),
        (" ... ", "download"),
        ("Öfen & Möwen.zip", "Öfen & Möwen.zip"),
        ("x" * 300 + ".mp3", "x" * 116 + ".mp3"),
    ],
)
def test_a_name_is_safe_and_still_readable(name: str, expected: str) -> None:
    assert safe_filename(name) == expected


@given(st.text(max_size=400))
def test_no_name_is_a_path_or_carries_control_marks(name: str) -> None:
    safe = safe_filename(name)
    assert 0 < len(safe) <= 130
    assert not set(safe) & set('/\\:*?"<>|\0\r\n')
    assert not any(unicodedata.category(letter).startswith("C") for letter in safe)
    assert safe not in {".", ".."}


def test_the_key_is_made_once_and_private(tmp_path) -> None:
    path = tmp_path / "data" / "links.key"
    key = read_or_make_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_or_make_key(path) == key
    assert [entry.name for entry in path.parent.iterdir()] == ["links.key"]


def test_a_damaged_key_is_refused(tmp_path) -> None:
    path = tmp_path / "links.key"
    path.write_bytes(b"half")
    with pytest.raises(SettingsRefused, match="Delete the file"):
        read_or_make_key(path)
