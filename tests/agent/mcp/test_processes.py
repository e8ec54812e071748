"""`viraltracker mcp` as its own process: a whole production through it, who is let in, and how it ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio.to_thread
import httpx
import psutil
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.agent.mcp.conftest import DECLINED, YES, Producer, made, producer, refused
from tests.audio.judge import decoded, judged
from tests.cli.conftest import commanding, start
from tests.fog import HOOKED
from tests.ports import free_port
from viraltracker.episode import Exports
from viraltracker.store import LocalBlobs, Postgres
from viraltracker.studio import LOCAL_USER

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture
def settings(admin_url: str, data_folder: Path) -> dict[str, str]:
    """The environment of a studio with a fresh database and an empty data folder."""
    return {"VIRALTRACKER_DATA": str(data_folder), "DATABASE_URL": admin_url}


@contextlib.contextmanager
def listening(settings: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The server over HTTP: its address, and its process, which is gone afterwards."""
    process = start(settings, "mcp", "--http", "--port", free_port())
    assert process.stderr is not None
    said = process.stderr.readline().strip()
    try:
        assert said.startswith("The MCP server is at http://127.0.0.1:"), said + process.communicate()[1]
        yield said.removeprefix("The MCP server is at ").removesuffix("."), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@contextlib.contextmanager
def piped(settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The server on stdin and stdout, greeted; gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "viraltracker.cli", "mcp"],
        env={**os.environ, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert asked(process, HELLO)["result"]["serverInfo"]["name"] == "viraltracker"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def asked(process: subprocess.Popen[str], message: dict[str, Any]) -> dict[str, Any]:
    """The next line of stdout, which must be the answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    answer = json.loads(line)
    assert answer["id"] == message["id"]
    return dict(answer)


@contextlib.asynccontextmanager
async def connected(
    way: str, era: str, settings: dict[str, str], fed: Producer | None, log: Path
) -> AsyncIterator[Client]:
    """A client of the server that runs in a process of its own."""
    if way == "stdio":
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "viraltracker.cli", "mcp"], env={**os.environ, **settings}
        )
        with log.open("w") as errors:
            transport = stdio_client(command, errors)
            async with Client(transport, mode=era, elicitation_callback=fed) as assistant:
                yield assistant
    else:
        with listening(settings) as (url, _):
            async with Client(url, mode=era, elicitation_callback=fed) as assistant:
                yield assistant


@pytest.mark.parametrize(("way", "era"), [("stdio", "auto"), ("http", "legacy")])
async def test_a_whole_production_from_another_assistant(
    settings: dict[str, str], database_url: str, data_folder: Path, tmp_path: Path, way: str, era: str
) -> None:
    fed, told = producer(YES, YES, YES), []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with connected(way, era, settings, fed, tmp_path / "log") as assistant:
        await assistant.list_tools()

        async def do(tool: str, **arguments: Any) -> Any:
            return made(await assistant.call_tool(tool, arguments, progress_callback=hear))

        session = (await do("create_production_session", els=HOOKED))["session_id"]
        filled = await do("generate_missing_or_stale", session=session)
        assert [take["beat"] for take in filled["made"]] == ["01_open", "02_reply", "03_hook"]
        await do("regenerate_beat_audio", session=session, beat="03_hook", pace="chaos")
        await do("regenerate_beat_audio", session=session, beat="03_hook", pace="quick")
        takes = await do("compare_takes", session=session, beat="03_hook")
        lengths = {take["take"]: take["duration_ms"] for take in takes["takes"]}
        assert takes["shortest"] == min(lengths, key=lambda take: lengths[take]) == 2
        for beat, take in {"01_open": 1, "02_reply": 1, "03_hook": takes["shortest"]}.items():
            await do("select_take", session=session, beat=beat, take=take)
        export = await do("export_episode", session=session)
        assert (await do("job_status"))["job_workers"] == 1, "nobody else was alive"

    assert (export["status"], len(lengths), len(fed.asked)) == ("done", 3, 3)
    assert "Generating: 3 of 3 takes" in told
    assert export["integrated_lufs"] == pytest.approx(-19, abs=0.3)
    assert export["true_peak_dbtp"] <= -1
    async with Postgres(database_url) as postgres:
        row = await Exports(postgres.acting_for(LOCAL_USER)).get(UUID(export["id"]))
    assert row.file_sha256 is not None
    assert row.facts is not None
    assert row.facts["integrated_lufs"] == export["integrated_lufs"]
    measured = judged(decoded(LocalBlobs(data_folder).path(row.file_sha256)), 44_100)
    assert measured.integrated_lufs == pytest.approx(-19, abs=0.3)
    assert measured.true_peak_dbtp <= -1


@pytest.mark.parametrize(("way", "era"), [("stdio", "legacy"), ("http", "auto")])
async def test_the_producer_is_asked_in_either_era(
    settings: dict[str, str], tmp_path: Path, way: str, era: str
) -> None:
    async with connected(way, era, settings, producer(DECLINED, YES), tmp_path / "log") as assistant:
        made(await assistant.call_tool("create_production_session", {"els": HOOKED}))
        kept = await assistant.call_tool("delete_session", {"session": "Fog"})
        assert refused(kept)["message"] == 'The producer said no, and nothing was done: Delete "Fog".'
        assert len(made(await assistant.call_tool("list_sessions"))["sessions"]) == 1
        made(await assistant.call_tool("delete_session", {"session": "Fog"}))
        assert made(await assistant.call_tool("list_sessions"))["sessions"] == []


# What the other signals do is tried where it is cheap: tests/cli/test_processes.py.
@pytest.mark.parametrize(("how", "code"), [(None, 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_it_ends_with_its_client_and_leaves_nothing_running(
    data_folder: Path, how: signal.Signals | None, code: int
) -> None:
    with piped({"VIRALTRACKER_DATA": str(data_folder)}) as process:
        assert process.stdin is not None
        family = psutil.Process(process.pid).children(recursive=True)
        assert (data_folder / "postgres" / "postmaster.pid").exists()
        if how is None:
            process.stdin.close()
            process.stdin = None
        else:
            process.send_signal(how)
        assert process.wait(60) == code
        assert psutil.wait_procs(family, timeout=5)[1] == []
    assert not (data_folder / "postgres" / "postmaster.pid").exists()


def test_a_client_that_is_gone_is_no_failure(settings: dict[str, str]) -> None:
    with piped(settings) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(json.dumps(LIST) + "\n")
        process.stdin.flush()
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def test_nothing_to_read_is_the_end(settings: dict[str, str]) -> None:
    process = start(settings, "mcp")
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def test_no_page_and_no_other_name_is_let_in(settings: dict[str, str]) -> None:
    with listening(settings) as (url, _):
        port = url.rpartition(":")[2].partition("/")[0]
        strangers = [{"host": f"evil.example:{port}"}, {"host": "evil.example"}]
        pages = [
            {"origin": "http://evil.example"},
            {"origin": f"http://127.0.0.1:{port}"},
            {"origin": "null"},
        ]
        for modern in ({}, {"mcp-protocol-version": "2026-07-28", "mcp-method": "initialize"}):
            answers = [
                httpx.post(url, json=HELLO, headers=ACCEPT | modern | odd).status_code
                for odd in strangers + pages
            ]
            assert answers == [421, 421, 403, 403, 403]
        assert httpx.post(url, json=HELLO, headers=ACCEPT).status_code == 200


async def test_it_ends_amid_open_streams(settings: dict[str, str]) -> None:
    with listening(settings) as (url, process):
        async with Client(url, mode="legacy") as assistant:
            await assistant.list_tools()
            process.send_signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(process.wait, 30) == 128 + signal.SIGTERM


def test_no_address_that_others_reach_is_served(settings: dict[str, str]) -> None:
    said = commanding(settings | {"VIRALTRACKER_ADDRESS": "0.0.0.0"})("mcp", "--http")  # noqa: S104 - refused
    assert said.code == 2
    assert "0.0.0.0 would open the studio to the network" in said.err


def test_a_port_that_is_taken_is_named(settings: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = commanding(settings)("mcp", "--http", "--port", port)
    assert said.code == 2
    assert f"can't listen on port {port}" in said.err
