"""`viraltracker migrate`, `doctor`, `check`, `gc`, `backup`, `restore`: what they find, and leave alone."""

import os
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Command, commanding


@pytest.fixture
def spoken(studio: Command, script: Path) -> str:
    """A session with two takes."""
    session = str(studio("sessions", "new", script, "--json").json["id"])
    assert studio("takes", "generate", session, "--missing", "--pick").code == 0
    return session


def test_a_whole_studio_is_whole(studio: Command, spoken: str) -> None:
    said = studio("check", "--json")
    assert (said.code, said.json["ok"], said.json["losses"]) == (0, True, [])
    assert said.json["blobs"] == 5  # three parts as the engine gave them, two takes


def test_damage_is_found_named_and_answered_by_the_exit_code(
    studio: Command, spoken: str, data_folder: Path
) -> None:
    where = Path(studio("takes", "path", spoken, "01_open", "--json").json["path"])
    whole = where.read_bytes()
    where.write_bytes(b"x" + whole[1:])
    said = studio("check", "--json")
    assert said.code == 1
    (loss,) = said.json["losses"]
    assert (loss["sha256"], loss["what"], loss["used_in"]) == (
        where.name,
        "changed",
        {"takes.audio_sha256": 1},
    )
    where.unlink()
    said = studio("check")
    assert said.code == 1
    assert f"{where.name} missing" in said.out
    failed = studio("takes", "export-audio", spoken, "01_open", "--out", data_folder / "x.wav", "--json")
    assert (failed.code, failed.json["error"]["code"]) == (3, "Damaged")


def test_sweeping_says_first_and_does_it_only_when_told(
    studio: Command, spoken: str, data_folder: Path
) -> None:
    stray = data_folder / "blobs" / "ab" / f"ab{'0' * 62}"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"nobody's")
    eight_days_ago = time.time() - 8 * 86400
    os.utime(stray, (eight_days_ago, eight_days_ago))
    said = studio("gc")
    assert "1 files (0.0 MB) would be moved to the trash" in said.out
    assert stray.exists()
    assert studio("gc", "--apply", "--json").json["trashed"] == [stray.name]
    assert not stray.exists()
    assert studio("check").code == 0


def test_a_backup_brings_back_the_whole_studio_elsewhere(
    studio: Command, spoken: str, tmp_path: Path, data_folder: Path
) -> None:
    archive = tmp_path / "studio.tar"
    made = studio("backup", archive, "--json")
    assert (made.code, made.json["blobs"], made.json["missing"]) == (0, 5, [])
    again = studio("backup", archive)
    assert again.code == 2
    assert "There is a file at" in again.err
    elsewhere = data_folder / "b"
    other = commanding({"VIRALTRACKER_DATA": str(elsewhere)})
    assert other("restore", archive).code == 0
    assert other("sessions", "list", "--json").json[0]["id"] == spoken
    assert other("check").code == 0
    full = other("restore", archive)
    assert full.code == 2
    assert other("sessions", "list", "--json").json[0]["id"] == spoken


def test_what_is_no_backup_changes_nothing(studio: Command, tmp_path: Path, data_folder: Path) -> None:
    fake = tmp_path / "fake.tar"
    fake.write_bytes(b"no archive at all" * 1000)
    elsewhere = data_folder / "b"
    other = commanding({"VIRALTRACKER_DATA": str(elsewhere)})
    for archive in (fake, tmp_path / "gone.tar", tmp_path):
        said = other("restore", archive)
        assert said.code == 2
        assert said.err.startswith("error: ")
    assert not elsewhere.exists() or list(elsewhere.iterdir()) == []


def test_migrations_are_run_and_then_there_are_none(studio: Command, data_folder: Path) -> None:
    assert studio("migrate", "--json").json == {"applied": []}
    assert studio("migrate", "--check").code == 0
    fresh = commanding({"VIRALTRACKER_DATA": str(data_folder / "b")})
    said = fresh("migrate", "--check", "--json")
    assert said.code == 1
    assert "0001_foundation" in said.json["pending"]
    applied = fresh("migrate", "--json")
    assert applied.code == 0, applied.err
    assert applied.json["applied"] == said.json["pending"]
    assert fresh("migrate", "--check").code == 0


def test_the_whole_of_it_is_printed_without_a_database(data_folder: Path) -> None:
    fresh = commanding({"VIRALTRACKER_DATA": str(data_folder / "b")})
    said = fresh("migrate", "--print")
    assert said.code == 0
    assert said.out.startswith("-- Everything that the studio needs")
    assert said.out.rstrip().endswith("notify pgrst, 'reload schema';")
    assert fresh("migrate", "--print", "--json").json["sql"].rstrip() == said.out.rstrip()
    assert not (data_folder / "b").exists()


def test_the_doctor_looks_at_everything(studio: Command, data_folder: Path) -> None:
    said = studio("doctor", "--json")
    found = {each["what"]: each["state"] for each in said.json}
    assert said.code == 0
    assert {"settings", "data folder", "disk", "database", "migrations", "workers", "ffmpeg"} <= set(found)
    assert (found["espeak"], found["elevenlabs"], found["workers"]) == ("ok", "warn", "warn")
    assert all(each["todo"] for each in said.json if each["state"] != "ok")
    assert "ok    espeak: " in studio("doctor").out


def test_the_doctor_starts_nothing_where_nothing_was(data_folder: Path) -> None:
    fresh = commanding({"VIRALTRACKER_DATA": str(data_folder / "b")})
    said = fresh("doctor", "--json")
    assert said.code == 0
    assert "made at the first start" in {each["what"]: each["note"] for each in said.json}["database"]
    assert not (data_folder / "b").exists()


def test_the_doctor_names_what_is_broken(data_folder: Path) -> None:
    lost = commanding(
        {"DATABASE_URL": "postgresql:///studio?host=/nowhere", "VIRALTRACKER_DATA": str(data_folder)}
    )
    said = lost("doctor")
    assert said.code == 1
    assert "fail  database: " in said.out
    wrong = commanding({"VIRALTRACKER_PORT": "none"})("doctor", "--json")
    assert (wrong.code, wrong.json[0]["what"], wrong.json[0]["state"]) == (1, "settings", "fail")
