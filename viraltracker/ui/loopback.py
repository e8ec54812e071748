"""Which addresses and names are this machine's own."""

import ipaddress

__all__ = ["NAMES", "is_loopback"]

NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""What a browser may call it."""


def is_loopback(host: str) -> bool:
    """Whether nobody else reaches that address; of names, `localhost` alone is one."""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
