"""File names from hostile titles."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.episode import archive_name, episode_name, safe_filename
from viraltracker.episode.names import beat_names


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Raccoon Radio", "Raccoon_Radio_audio.zip"),
        ("  Folge 3:  Ärger & Öl ", "Folge_3_Ärger_&_Öl_audio.zip"),
        ("../../etc/passwd", "etc_passwd_audio.zip"),
        ("C:\\Windows\\x", "C_Windows_x_audio.zip"),
        ("-rf --help", "rf_--help_audio.zip"),
        (".hidden", "hidden_audio.zip"),
        ("safe\u202egpj.exe\x00\x1b[31m", "safegpj.exe[31m_audio.zip"),
        ("", "episode_audio.zip"),
        ("///", "episode_audio.zip"),
        ("夜の話", "夜の話_audio.zip"),
    ],
)
def test_archives_are_named_after_their_title(title: str, name: str) -> None:
    assert archive_name(title) == name


@pytest.mark.parametrize("reserved", ["con", "NUL", "aux.txt", "COM1", "lpt9.tar"])
def test_reserved_names_are_not_used(reserved: str) -> None:
    assert safe_filename(reserved).startswith("episode_")


@given(st.text(max_size=300))
def test_any_title_gives_a_name_that_every_system_takes(title: str) -> None:
    for name in (safe_filename(title), archive_name(title), episode_name(title)):
        assert 0 < len(name.encode()) <= 120
        assert name[0] not in "-. "
        assert name[-1] not in ". "
        assert not set(name) & set('/\\:*?"<>|')
        assert not any(c.isspace() or unicodedata.category(c).startswith("C") for c in name)
        assert safe_filename(name) == name or name.startswith(("episode_", "_"))


@given(st.lists(st.text(max_size=40) | st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z"), max_size=20))
def test_beats_get_names_of_their_own(ids: list[str]) -> None:
    names = beat_names(ids, ".mp3")
    assert len({name.casefold() for name in names}) == len(ids)
    assert not any(set(name) & set('/\\:*?"<>|') for name in names)


def test_a_beat_id_is_its_files_name() -> None:
    ids = ["01_intro", "a.b-c_", "CON", "x", "X"]
    assert beat_names(ids, ".mp3") == ["01_intro.mp3", "a.b-c_.mp3", "beat_CON.mp3", "x.mp3", "X~2.mp3"]
