"""What every test stands on: a scrubbed environment, no network, a steady hypothesis, nothing left running.

The environment is scrubbed while this module is imported, before anything of the studio is, so that neither a
key in the developer's shell nor a studio in the developer's home can reach a test.
"""

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings

from tests.loops import StudioLoop

SCRUBBED = (
    *("VIRALTRACKER_", "DATABASE_URL", "PG", "ELEVENLABS_", "XI_", "SUPABASE_", "STREAMLIT_", "XDG_"),
    *("OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "AWS_"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
"""How the names begin of everything that could steer a test from outside."""
LOOPBACK = frozenset({"localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", ""})  # noqa: S104 - compared with
ASKS_A_PROJECT = "SMOKE_SUPABASE_URL" in os.environ
"""The one run that is about another machine: `make smoke-supabase`, see tests/store/smoke.py."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

pytest_plugins = ["tests.postgres", "tests.apptest", "tests.worker.csm.fixtures"]

_reached: list[str] = []
_home = Path(tempfile.mkdtemp(prefix="vt-home-"))


def _scrub_environment(home: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith(SCRUBBED):
            del os.environ[name]
    # Short and without blanks: the embedded Postgres keeps a socket below it.
    for variable, folder in {
        "HOME": "",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "run",
    }.items():
        path = home / folder
        path.mkdir(mode=0o700, exist_ok=True)
        os.environ[variable] = str(path)


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    return name in LOOPBACK or name.startswith("127.")


def _guard_network(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: sees every connection Python makes, libraries' included, and can't be patched away."""
    if ASKS_A_PROJECT:
        return
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if not isinstance(address, tuple) or _is_loopback(address[0]):  # not a tuple: a unix socket
            return
        target = f"{address[0]}:{address[1]}"
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        if _is_loopback(arguments[0]):
            return
        target = str(arguments[0])
    else:
        return
    _reached.append(target)
    raise RuntimeError(
        f"A test reached for {target}. Tests talk to this machine alone: serve it on 127.0.0.1."
    )


_scrub_environment(_home)
sys.addaudithook(_guard_network)

# A loaded machine is no reason to fail, and a found example is kept as a test, not in a database.
# To search anew: pytest --hypothesis-profile=explore
_CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "steady", deadline=None, derandomize=True, max_examples=50, database=None, suppress_health_check=_CALM
)
settings.register_profile(
    "explore", deadline=None, max_examples=2000, database=None, suppress_health_check=_CALM, print_blob=True
)
settings.load_profile("steady")


def _find_browser() -> Path | None:
    paths = (shutil.which(name) for name in BROWSERS)
    return next((Path(path) for path in paths if path), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """One flag for all golden files."""
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files anew instead of comparing"
    )


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes and long texts by their argument: audio may hold the time of its making, and xdist's workers
    must all collect the same names."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 60) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: a third of the time a test waits, for a browser or another process."""
    return (psutil.cpu_count(logical=False) or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's browser tests stay in one process: each other one would start a browser anew. Those of the
    real studio stay together, as it takes five seconds of a core to start."""
    for item in items:
        if item.get_closest_marker("browser"):
            # What the shared studio's agent asks is its alone: tests with a studio of their own have none.
            one_studio = item.path.parent.name == "browser" and "model" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("studio" if one_studio else item.path.stem))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Browser tests are skipped where there is no browser, except where that would hide something: in CI."""
    if item.get_closest_marker("browser") and _find_browser() is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium found, but CI must walk the browser tests. Run .ci/run.", pytrace=False)
        pytest.skip("no Chromium found")


def pytest_unconfigure() -> None:
    """Take the scratch home away."""
    shutil.rmtree(_home, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not walked."""
    skipped = terminalreporter.stats.get("skipped", [])
    unseen = [report.nodeid for report in skipped if "no Chromium found" in str(report.longrepr)]
    if unseen:
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.write_line(
            f"{len(unseen)} tests need Chromium (Debian: apt install chromium), so nobody saw:"
        )
        for nodeid in unseen:
            terminalreporter.write_line(f"  {nodeid}")


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The system's Chromium. Tests that take it carry the mark `browser`, which skips without one."""
    found = _find_browser()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Session-wide, so that fixtures of any scope may be async."""
    return "asyncio", {"loop_factory": StudioLoop}


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """The guard's second half: a swallowed refusal fails the test too."""
    _reached.clear()
    yield
    reached, _reached[:] = list(_reached), []
    assert not reached, f"The test reached for {', '.join(reached)} and hid the refusal."


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Set up first, so torn down last: by then every child process and every thread must have ended."""
    threads_before = set(threading.enumerate())
    children_before = set(psutil.Process().children(recursive=True))
    yield
    left = [child for child in psutil.Process().children(recursive=True) if child not in children_before]
    # multiprocessing's own tracker ends with its parent; everything else gets a moment to be reaped.
    left = [child for child in left if not _is_tracker(child)]
    _, alive = psutil.wait_procs(left, timeout=3)
    threads = [t for t in threading.enumerate() if t not in threads_before and t.is_alive() and not t.daemon]
    assert not alive, f"Still running after the last test: {[_command(child) for child in alive]}"
    assert not threads, f"Threads still running after the last test: {[thread.name for thread in threads]}"


def _command(child: psutil.Process) -> str:
    try:
        return " ".join(child.cmdline())[:200]
    except psutil.Error:
        return f"process {child.pid}"


def _is_tracker(child: psutil.Process) -> bool:
    return "resource_tracker" in _command(child)
