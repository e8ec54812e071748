"""The rows over both transports."""

from tests.store.both import gateway, rows

__all__ = ["gateway", "rows"]
