"""The embedded Postgres as a process: is it there, start, stop. Blocking; callers hold the folder's lock."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import psycopg

from viraltracker.store.cluster import Cluster

__all__ = ["answers", "start", "stop"]

_POLL_S = 0.01
# A recovery may have to replay max_wal_size; 2 minutes is far above it. The server goes on after that, too.
_START_LIMIT_S = 120.0
_STOP_LIMIT_S = 60.0
_KILL_LIMIT_S = 5.0
_LOG_KEPT_BYTES = 1_000_000
_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "max_wal_size": "256MB",
        "min_wal_size": "32MB",
        "jit": "off",
        # Statements and their values are a producer's texts: they never reach a log.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
        "log_parameter_max_length_on_error": "0",
    }
)


def answers(cluster: Cluster) -> bool:
    """Whether a real connection works: the only proof that a server is there."""
    try:
        psycopg.connect(cluster.dsn("postgres", "postgres"), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def start(cluster: Cluster, extra: Mapping[str, str]) -> None:
    """Start the server and wait until it answers. Raises `StoreDown`, or `DiskFull` when that is why.

    A server that is starting or recovering is waited for, as long as its process lives.
    """
    deadline = time.monotonic() + _START_LIMIT_S
    while True:
        living = _living_pid(cluster)
        if living is None:
            # Leftovers' numbers may be another program's by now, or a server's that nobody has reaped. Living
            # children of a dead server are no danger: Postgres finds their shared memory by the folder's
            # inode and refuses to start.
            (cluster.pgdata / "postmaster.pid").unlink(missing_ok=True)
            (cluster.socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        said_from = _ready_log(cluster)
        pid = living or _spawn(cluster, {**_SETTINGS, **extra})
        if _wait(cluster, pid, deadline):
            return
        said = cluster.log.read_bytes()[said_from:].decode(errors="replace")
        lingering = "pre-existing shared memory" in said  # of a killed server's children, for a moment
        if time.monotonic() > deadline or not (living or lingering):
            raise cluster.failure(said)
        time.sleep(_POLL_S)


def stop(cluster: Cluster) -> None:
    """Stop the server at once, with a checkpoint. Nothing happens when there is none."""
    pid = _living_pid(cluster)
    for order, limit_s in ((signal.SIGINT, _STOP_LIMIT_S), (signal.SIGQUIT, _KILL_LIMIT_S)):
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        deadline = time.monotonic() + limit_s
        while _is_server(cluster, pid) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        pid = pid if _is_server(cluster, pid) else None


def _spawn(cluster: Cluster, settings: Mapping[str, str]) -> int:
    quoted = '"' + str(cluster.socket_folder).replace('"', '""') + '"'
    options = {**settings, "unix_socket_directories": quoted}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    # Through a shell that ends at once: whoever adopts orphans reaps the server, so it's no zombie of ours.
    script = '"$@" </dev/null >>"$0" 2>&1 & echo $!'
    server = [str(cluster.programs() / "postgres"), "-D", str(cluster.pgdata), *flags]
    done = cluster.run(["/bin/sh", "-c", script, str(cluster.log), *server], timeout=30)
    if done.returncode != 0:
        raise cluster.failure(done.stderr.decode(errors="replace"))
    return int(done.stdout)


def _wait(cluster: Cluster, pid: int, deadline: float) -> bool:
    while time.monotonic() < deadline:
        if answers(cluster):
            return True
        if not _exists(pid):
            return False
        time.sleep(_POLL_S)
    return False


def _ready_log(cluster: Cluster) -> int:
    """Make the log ready for its writer; where new words will begin."""
    if cluster.log.exists() and cluster.log.stat().st_size > _LOG_KEPT_BYTES:
        cluster.log.replace(cluster.log.with_suffix(".log.1"))
    cluster.log.touch(mode=0o600)
    cluster.give(cluster.log)
    return cluster.log.stat().st_size


def _living_pid(cluster: Cluster) -> int | None:
    """The number in `postmaster.pid`, if that is a living Postgres of this cluster."""
    try:
        pid = int((cluster.pgdata / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if _is_server(cluster, pid) else None


def _exists(pid: int) -> bool:
    return bool(_command_of(pid))


def _is_server(cluster: Cluster, pid: int) -> bool:
    command = _command_of(pid)
    return "postgres" in command and str(cluster.pgdata) in command


def _command_of(pid: int) -> str:
    """A process's command line; "" when it is gone, or a zombie that nobody has reaped yet."""
    entry = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    ask = ["ps", "-o", "command=", "-p", str(pid)]
    said = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    return "" if "<defunct>" in said else said
