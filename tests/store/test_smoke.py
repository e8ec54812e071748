"""`make smoke-supabase` against a project on this machine: it asks, and leaves nothing."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from tests.store import smoke
from tests.store.gateway import Gateway
from tests.store.project import project

__all__ = ["project"]

ROOT = Path(__file__).parents[2]


def smoked(more: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with these variables and no others of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tests.store.smoke", "-q", "-p", "no:cacheprovider", *more],
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_it_keeps_the_contract_and_leaves_the_project_as_it_was(project: str) -> None:
    with Gateway(project) as gateway, psycopg.connect(project, autocommit=True) as connection:
        done = smoked(
            ["-k", "test_files or values_arrive or somebody_elses"],
            SUPABASE_URL=gateway.url,
            SUPABASE_KEY=gateway.key,
            SUPABASE_JWT_SECRET=gateway.secret,
            DATABASE_URL=project,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "passed" in done.stdout
        assert "skipped" not in done.stdout
        assert any(place.startswith("object/viraltracker/") for _, place in gateway.bucket.requests)
        assert gateway.bucket.held == {}
        tables = [name for (name,) in connection.execute(smoke.OWNED)]
        assert len(tables) > 10
        for table in tables:
            counted = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
            left = connection.execute(counted).fetchone()
            assert left == (0,), f"{left} rows are left in {table}"
        made = connection.execute(
            "select proname from pg_proc where proname ~ '^studio_(probe|fail|numbers)'"
        )
        assert made.fetchall() == []


def test_without_a_whole_project_nothing_is_asked() -> None:
    done = smoked([], SUPABASE_URL="https://project.example.org")
    assert done.returncode == 2
    missing = "SUPABASE_KEY, SUPABASE_JWT_SECRET, DATABASE_URL"
    assert done.stderr == f"Nothing was asked of any project. Set {missing} too.\n"
