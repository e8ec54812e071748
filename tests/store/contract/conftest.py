"""What the rows and the files promise: here, over either transport, or of a hosted project."""

from tests.store import smoke

if smoke.is_wanted():
    from tests.store.smoke import admin_url, hosted_project, migrated, other_store, owner, rows, store

    __all__ = ["admin_url", "hosted_project", "migrated", "other_store", "owner", "rows", "store"]
else:
    from tests.store.both import gateway, other_store, rows, store
    from tests.store.project import hosted_project, project, project_gateway

    __all__ = ["gateway", "hosted_project", "other_store", "project", "project_gateway", "rows", "store"]
