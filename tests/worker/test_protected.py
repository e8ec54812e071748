"""TLS and the token: who has both comes in, who lacks one is told which, and the token is seen nowhere."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from tests.worker.certificates import Certificates, certificates
from tests.worker.conftest import served
from tests.worker.voice_process import Starting
from viraltracker.cli.root import root
from viraltracker.errors import NeedsKey, ProviderDown
from viraltracker.speech import SpeechRequest
from viraltracker.speech.worker import Access, Links, StaticWorkers, WorkerEngine
from viraltracker.worker.serve import Serving

TOKEN = "canary-token-4b7d2e91"
LINE = SpeechRequest(text="Hello.", voice="bass", model="tone/tone")


@pytest.fixture
def signed(tmp_path: Path) -> Certificates:
    return certificates(tmp_path)


@pytest.fixture
async def protected(signed: Certificates) -> AsyncIterator[Serving]:
    """A worker as other machines reach it."""
    tls = {"certificate": str(signed.certificate), "key": str(signed.key)}
    async with served(environ={"TOKEN": TOKEN}, token_env="TOKEN", tls=tls) as worker:
        yield worker


@asynccontextmanager
async def studio(address: str, token: str | None, authority: bytes | None) -> AsyncIterator[WorkerEngine]:
    links = Links(Access(SecretStr(token) if token else None, authority))
    engine = WorkerEngine(StaticWorkers([address], links), links)
    try:
        yield engine
    finally:
        await engine.aclose()


async def test_who_has_token_and_authority_comes_in(protected: Serving, signed: Certificates) -> None:
    async with studio(protected.address, TOKEN, signed.authority.read_bytes()) as engine:
        assert (await engine.synthesize(LINE)).clip.duration_ms > 0
        assert (await engine.health()).ready


async def test_a_certificate_for_a_name_is_good_for_it(protected: Serving, signed: Certificates) -> None:
    address = protected.address.replace("127.0.0.1", "localhost")
    async with studio(address, TOKEN, signed.authority.read_bytes()) as engine:
        assert (await engine.health()).ready


@pytest.mark.parametrize("token", [None, "another-token-00000", TOKEN + "x", TOKEN[:-1]])
async def test_a_wrong_token_and_none_are_told(
    protected: Serving, signed: Certificates, token: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with studio(protected.address, token, signed.authority.read_bytes()) as engine:
        with pytest.raises(NeedsKey, match="Set VIRALTRACKER_WORKER_TOKEN to its own") as refused:
            await engine.synthesize(LINE)
        health = await engine.health()
    assert not health.ready
    told = f"{refused.value!r} {refused.value.__context__!r} {health.note} {caplog.text}"
    assert "VIRALTRACKER_WORKER_TOKEN" in health.note
    assert TOKEN[:-1] not in told
    assert protected.sessions.started == 0


async def test_plain_speech_to_a_protected_worker_is_told(protected: Serving) -> None:
    async with studio(protected.address, TOKEN, None) as engine:
        with pytest.raises(ProviderDown, match="set VIRALTRACKER_WORKER_AUTHORITY"):
            await engine.synthesize(LINE)
        assert "set VIRALTRACKER_WORKER_AUTHORITY" in (await engine.health()).note


async def test_a_worker_without_a_certificate_is_told(tone_worker: Serving, signed: Certificates) -> None:
    async with studio(tone_worker.address, TOKEN, signed.authority.read_bytes()) as engine:
        with pytest.raises(ProviderDown, match="speaks without TLS"):
            await engine.synthesize(LINE)


async def test_an_authority_that_did_not_sign_is_told(protected: Serving, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = certificates(tmp_path / "other")
    async with studio(protected.address, TOKEN, other.authority.read_bytes()) as engine:
        with pytest.raises(ProviderDown, match="certificate that the authority didn't sign"):
            await engine.synthesize(LINE)


async def test_a_file_that_is_no_authority_is_told(protected: Serving) -> None:
    async with studio(protected.address, TOKEN, b"rubbish") as engine:
        with pytest.raises(ProviderDown, match="VIRALTRACKER_WORKER_AUTHORITY holds no certificate"):
            await engine.synthesize(LINE)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "10.0.0.7:50051"])
def test_an_open_address_without_protection_does_not_start(address: str) -> None:
    done = CliRunner().invoke(root, ["worker", "serve", "--engine", "tone", "--address", address])
    assert done.exit_code == 2
    assert "set tls.certificate, tls.key and token_env, or use 127.0.0.1" in done.stderr


def _config(folder: Path, signed: Certificates) -> Path:
    file = folder / "worker.yaml"
    file.write_text(
        "name: ada\naddress: 127.0.0.1:0\nengines: [tone]\ndefault: tone/tone\ntoken_env: ADA_TOKEN\n"
        f"tls: {{certificate: {signed.certificate}, key: {signed.key}}}\nlog: json\nlog_level: debug\n"
    )
    return file


def test_a_process_shows_its_token_to_nobody(
    start_worker: Starting, signed: Certificates, tmp_path: Path
) -> None:
    worker = start_worker(f"--config={_config(tmp_path, signed)}", ADA_TOKEN=TOKEN)
    assert worker.said["worker"] == "ada"
    assert TOKEN not in " ".join(psutil.Process(worker.process.pid).cmdline())
    assert worker.end() == 0
    log = worker.log.read_text()
    assert '"event": "worker.serving"' in log, "it logs as its file says"
    assert TOKEN not in log + str(worker.said)


def test_a_process_without_its_token_does_not_start(signed: Certificates, tmp_path: Path) -> None:
    file = _config(tmp_path, signed)
    done = CliRunner(env={**os.environ, "ADA_TOKEN": "short"}).invoke(
        root, ["worker", "serve", "--config", str(file)]
    )
    assert done.exit_code == 2
    assert "ADA_TOKEN should hold the worker's token" in done.stderr
    assert "short" not in done.stderr
