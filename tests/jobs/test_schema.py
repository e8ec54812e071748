"""The vendor's schema is the one this studio was tried with."""

import tomllib
from pathlib import Path

import pytest

from viraltracker.jobs import QUEUE_SCHEMA, queue_schema_sql, queue_schema_version
from viraltracker.store import Vendor
from viraltracker.store.migrations import pending

ROOT = Path(__file__).parents[2]


def test_its_version_is_pinned_exactly() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"procrastinate=={queue_schema_version()}" in project["dependencies"]


@pytest.mark.usefixtures("queue")
def test_it_is_applied_once(admin_url: str) -> None:
    vendor = Vendor(QUEUE_SCHEMA, queue_schema_version(), queue_schema_sql())
    assert not [step for step in pending(admin_url, ROOT / "sql", [vendor]) if step.startswith("vendor")]
