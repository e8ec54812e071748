"""`viraltracker project`: a session arrives whole, twice is once, and a hostile archive changes nothing."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command, commanding
from tests.store.test_moved import listed, of_kind, unpacked
from tests.store.test_moved import packed as packed_anew

Members = dict[str, bytes]
GOLDEN = Path(__file__).parents[1] / "golden" / "project" / "version-1.zip"


@pytest.fixture
def spoken(studio: Command, script: Path) -> str:
    """A session with two takes, picked, one of them starred."""
    session = str(studio("sessions", "new", script, "--json").json["id"])
    assert studio("takes", "generate", session, "--missing", "--pick").code == 0
    assert studio("takes", "star", session, "01_open").code == 0
    return session


@pytest.fixture
def packed(studio: Command, spoken: str, tmp_path: Path) -> Path:
    """That session in an archive."""
    said = studio("project", "export", tmp_path / "fog.zip", spoken, "--json")
    assert (said.code, said.json["files"]) == (0, 5), said.out + said.err
    return tmp_path / "fog.zip"


@pytest.fixture
def other(empty_url: str, data_folder: Path) -> Command:
    """The command on another studio."""
    return commanding({"VIRALTRACKER_DATA": str(data_folder / "b"), "DATABASE_URL": empty_url})


def test_a_session_arrives_whole_and_twice_is_once(
    studio: Command, other: Command, spoken: str, packed: Path, tmp_path: Path
) -> None:
    assert other("project", "import", packed, "--json").json["sessions"][0]["here"] is False
    for command in (("takes", "list", spoken), ("sessions", "show", spoken)):
        assert other(*command, "--json").json == studio(*command, "--json").json
    assert other("check").code == 0
    assert other("project", "export", tmp_path / "again.zip", "--all").code == 0
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()
    again = other("project", "import", packed)
    assert (again.code, again.out) == (0, f"{spoken} Fog: already here\n")
    made = other("takes", "generate", spoken, "--missing", "--json")
    assert made.code == 0
    other("sessions", "rename", spoken, "Another fog")
    refused = other("project", "import", packed, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (2, "BadInput")
    assert other("sessions", "list", "--json").json[0]["title"] == "Another fog"


def test_an_archive_of_the_first_version_is_always_imported(other: Command) -> None:
    said = other("project", "import", GOLDEN, "--json")
    assert said.code == 0, said.err
    assert [session["title"] for session in said.json["sessions"]] == ["Fog"]
    assert other("check").code == 0


def test_what_is_refused_leaves_nothing_behind(other: Command, tmp_path: Path, data_folder: Path) -> None:
    short = tmp_path / "short.zip"
    short.write_bytes(GOLDEN.read_bytes()[:-1000])
    members = unpacked()
    unreadable = {**members, of_kind(members, "takes"): b"[{}]"}
    voiceless = {**members, of_kind(members, "voice_profiles"): b'[{"profile": {}}]'}
    odd = packed_anew(tmp_path / "odd.zip", listed(unreadable))
    mute = packed_anew(tmp_path / "mute.zip", listed(voiceless))
    for archive in (short, odd, mute, tmp_path / "gone.zip", tmp_path):
        said = other("project", "import", archive, "--json")
        assert (said.code, said.json["error"]["code"]) == (2, "BadInput")
    assert other("sessions", "list", "--json").json == []
    assert list((data_folder / "b" / "blobs").glob("*/*")) == []


def test_no_file_is_replaced_and_sessions_must_be_named(other: Command, tmp_path: Path) -> None:
    taken = tmp_path / "mine.zip"
    taken.write_text("mine")
    assert other("project", "export", taken, "--all").code == 2
    assert taken.read_text() == "mine"
    for named in ((), ("Fog", "--all"), ("--all",), ("Nothing",)):
        assert other("project", "export", tmp_path / "new.zip", *named).code == 2
    assert [found.name for found in tmp_path.iterdir()] == ["mine.zip"]
