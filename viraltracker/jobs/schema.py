"""The vendor's schema, as the migration runner takes it: name, version, and SQL for that `search_path`.

The SQL is not safe to run twice and its names are unqualified, so it has a schema of its own, applied once.
"""

from importlib.metadata import version

from procrastinate.schema import SchemaManager

__all__ = ["QUEUE_SCHEMA", "queue_schema_sql", "queue_schema_version"]

QUEUE_SCHEMA = "procrastinate"


def queue_schema_version() -> str:
    """The installed vendor's version. A new one comes with migrations of its own."""
    return version("procrastinate")


def queue_schema_sql() -> str:
    """Tables, types, functions and triggers of the vendor's queue."""
    return str(SchemaManager.get_schema())
