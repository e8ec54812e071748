"""Whose processes Postgres runs as. It refuses to be root, so as root it gets a system account of its own."""

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from viraltracker.errors import SettingsRefused

__all__ = ["ACCOUNT_NAME", "Account", "reachable", "system_account"]

ACCOUNT_NAME = "viraltracker"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the machine."""

    name: str
    uid: int
    gid: int


def system_account() -> Account | None:
    """The account for Postgres when we are root, made where it's missing; None when we aren't.

    Raises `SettingsRefused` when it can't be made.
    """
    if os.geteuid() != 0:
        return None
    entry = _known()
    if entry is None:
        with _one_at_a_time():
            entry = _known() or _make_account()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _known() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        return None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold off the other studios of this machine.

    Of two `useradd` at once the second takes the name from the first and gives it another number, so that the
    files which the first studio has given away by then belong to nobody.
    """
    folder = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)  # it stays; the files in it are replaced
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make_account() -> pwd.struct_passwd:
    program = shutil.which("useradd") or "/usr/sbin/useradd"
    command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME]
    try:
        subprocess.run(command, check=False, capture_output=True, timeout=30)
        return pwd.getpwnam(ACCOUNT_NAME)
    except (OSError, subprocess.TimeoutExpired, KeyError) as error:
        message = (
            f"As root the database needs a system account {ACCOUNT_NAME!r}, which can't be made here. "
            "Run the studio as an ordinary user, or make that account."
        )
        raise SettingsRefused(message) from error


def reachable(path: Path) -> Path | None:
    """The first folder or file on the way to `path` that is closed to others; None: the way is open."""
    for place in (*reversed(path.parents), path):
        if not place.stat().st_mode & stat.S_IXOTH:
            return place
    return None
