"""What the rows promise, over either transport."""

from tests.store.both import gateway, other_store, rows, store

__all__ = ["gateway", "other_store", "rows", "store"]
