"""`viraltracker blobs copy`, and what a studio with a bucket refuses."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command, commanding
from tests.store.gateway import Gateway
from tests.store.project import project, project_gateway

__all__ = ["project", "project_gateway"]


@pytest.fixture
def hosted(project_gateway: Gateway, project: str, data_folder: Path) -> Command:
    """The command on a machine that knows the project and its database."""
    return commanding(
        {
            "VIRALTRACKER_DATA": str(data_folder),
            "DATABASE_URL": project,
            "SUPABASE_URL": project_gateway.url,
            "SUPABASE_KEY": project_gateway.key,
            "SUPABASE_JWT_SECRET": project_gateway.secret,
        }
    )


def test_there_must_be_a_bucket(data_folder: Path) -> None:
    said = commanding({"VIRALTRACKER_DATA": str(data_folder)})("blobs", "copy", "--to", "bucket")
    assert said.code == 2
    assert "SUPABASE_URL" in said.err


def test_nothing_to_copy_is_nothing(hosted: Command) -> None:
    said = hosted("blobs", "copy", "--to", "bucket", "--json")
    assert said.json == {"copied": 0, "there": 0, "bytes": 0, "lost": []}
    assert (
        hosted("blobs", "copy", "--to", "folder").out
        == "0 files copied, 0.0 MB; 0 were there; 0 can't be had.\n"
    )


@pytest.mark.parametrize("words", [("check",), ("gc", "--apply"), ("backup", "studio.tar")])
def test_what_looks_at_this_disk_refuses_where_the_audio_is_elsewhere(
    hosted: Command, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = hosted(*words)
    assert said.code == 2
    assert "lies in Supabase's bucket" in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_says_where_the_rows_are(project_gateway: Gateway, data_folder: Path) -> None:
    pages = commanding(
        {
            "VIRALTRACKER_DATA": str(data_folder),
            "SUPABASE_URL": project_gateway.url,
            "SUPABASE_KEY": project_gateway.key,
            "SUPABASE_JWT_SECRET": project_gateway.secret,
        }
    )
    found = {each["what"]: each for each in pages("doctor", "--json").json}
    assert (found["database"]["state"], found["database"]["note"]) == (
        "ok",
        "a Supabase project over HTTP, answers",
    )
    assert found["workers"]["state"] == "warn"
    said = pages("migrate")
    assert said.code == 2
    assert "DATABASE_URL" in said.err
