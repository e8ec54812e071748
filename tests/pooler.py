"""PgBouncer before the tests' Postgres, where it is installed (Debian package `pgbouncer`)."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.ports import free_port
from viraltracker.store.account import system_account

__all__ = ["pooled"]


@contextmanager
def pooled(url: str, mode: str) -> Iterator[str]:
    """The database's address through a pooler in `mode`: "session" or "transaction"."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("pgbouncer is not installed, and CI may not skip what needs it. Run .ci/run.")
        pytest.skip("A POOLER WAS NOT TRIED: `make programs` installs PgBouncer")
    parts = urlsplit(url)
    folder, port = Path(tempfile.mkdtemp(prefix="vt-pool-")), free_port()
    account = system_account()
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    config = folder / "pgbouncer.ini"
    # `auth_type = any` takes the user from the server's line, which no client's name replaces.
    config.write_text(
        f"[databases]\n* = user={parts.username} host={parse_qs(parts.query)['host'][0]}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\n"
    )
    database = parts.path.lstrip("/")
    server = subprocess.Popen(
        [program, "-q", str(config)],
        stderr=subprocess.DEVNULL,
        user=account.uid if account else None,  # it refuses to be root, as Postgres does
        group=account.gid if account else None,
    )
    address = f"postgresql://{parts.username}@127.0.0.1:{port}/{database}"
    try:
        _wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(address: str) -> None:
    ends_s = time.monotonic() + 20
    while time.monotonic() < ends_s:
        try:
            psycopg.connect(address, connect_timeout=1).close()
        except psycopg.OperationalError:
            continue
        return
    pytest.fail("pgbouncer doesn't answer")
