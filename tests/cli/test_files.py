"""Files that a person names: whole or as they were."""

import os
from pathlib import Path

import pytest

from viraltracker.cli.files import check_target, copy_out, read_script, write_out
from viraltracker.errors import BadInput


def test_a_new_file_is_whole_and_an_old_one_is_replaced_with_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "episode.mp3"
    write_out(path, b"one")
    path.chmod(0o604)
    (tmp_path / "source").write_bytes(b"two")
    copy_out(tmp_path / "source", path)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o604
    assert sorted(each.name for each in tmp_path.iterdir()) == ["episode.mp3", "source"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_out(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_goes_wrong_halfway_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "episode.mp3"
    path.write_bytes(b"old")
    with pytest.raises(BadInput, match="could not be written: no such file"):
        copy_out(tmp_path / "gone", path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written_are_refused_before_any_work(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place, words in {
        "": "is a folder",
        "none/x.mp3": "There is no folder",
        "pipe": "no ordinary file",
        "x" * 300: "can't be written",
    }.items():
        with pytest.raises(BadInput, match=words):
            check_target(tmp_path / place)
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]
    with pytest.raises(BadInput, match="no ordinary file"):
        check_target(Path("/dev/null"))
    if Path("/proc/version").exists():
        with pytest.raises(BadInput, match="can't be written"):
            check_target(Path("/proc/episode.mp3"))


@pytest.mark.parametrize("name", ["nowhere.els", ".", "a\x00b"])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="can't be read"):
        read_script(str(tmp_path / name))


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert len(read_script("/dev/zero")) == 16 * 1024 * 1024
