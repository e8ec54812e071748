"""Whose processes Postgres runs as. It refuses to be root, so as root it gets a system account of its own."""

import os
import pwd
import shutil
import stat
import subprocess
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
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        entry = _make_account()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _make_account() -> pwd.struct_passwd:
    program = shutil.which("useradd") or "/usr/sbin/useradd"
    command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME]
    try:
        subprocess.run(command, check=False, capture_output=True, timeout=30)
        return pwd.getpwnam(ACCOUNT_NAME)  # another process may have made it meanwhile: that's fine
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
