"""Ports for servers that must be told theirs."""

import random
import socket

__all__ = ["free_port"]

_CHOICE = range(20_000, 32_000)
"""Below what systems hand out by themselves (Linux from 32768 on): anybody's connection could take such a
port between our look and the server's start, or while the server is started again."""
_given: set[int] = set()
_dice = random.SystemRandom()  # workers of one run must not walk the same way


def free_port() -> int:
    """A port that nobody listens on, and that this process never got before."""
    while True:
        port = _dice.choice(_CHOICE)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if port not in _given and probe.connect_ex(("127.0.0.1", port)) != 0:
                _given.add(port)
                return port
