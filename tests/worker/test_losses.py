"""Voice workers are killed, ended and missed under a whole studio: no line is lost, none is made twice."""

import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from pydantic import SecretStr

from tests.jobs.conftest import until
from tests.speech.openai_server import OpenAiServer
from tests.worker.patience import soon
from tests.worker.redis_server import RedisServer
from tests.worker.voice_process import Starting, VoiceProcess
from viraltracker.errors import ProviderDown
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.worker import Access
from viraltracker.speech.worker.link import Link
from viraltracker.ui.show.progress import beat_progress
from viraltracker.voices import EngineVoice
from viraltracker.worker.model import Pack
from viraltracker.worker.packs import write_metadata

pytestmark = pytest.mark.faults

TONE = EngineVoice("bass", model="tone/tone")
FAR = EngineVoice("af_bella", model="openai/far")


@pytest.fixture
def far() -> Iterator[OpenAiServer]:
    """Where voice workers have their voice from: its gate holds a line in the middle."""
    with OpenAiServer() as server:
        yield server


@pytest.fixture
def start_far(start_worker: Starting, far: OpenAiServer, tmp_path: Path) -> Starting:
    """Starts worker processes that speak with that voice."""
    folder = tmp_path / "packs/openai/far"
    folder.mkdir(parents=True)
    pack = Pack(
        id="openai/far",
        family="openai",
        title="Far",
        version="1",
        languages=("en",),
        capabilities=frozenset({"speed"}),
        rate_hz=24_000,
        licence="MIT",
        consent="synthetic",
        folder=folder,
        settings={"base_url": far.url, "model": "kokoro"},
    )
    write_metadata(folder, pack)
    config = tmp_path / "far.yaml"
    # Nothing is spoken but lines.
    config.write_text(
        "engines: [openai]\npacks: packs\ndefault: ''\naddress: 127.0.0.1:0\nresidency: {warm_up_ms: 0}\n"
    )
    usual = (f"--config={config}",)

    def start(*options: str, **environment: str) -> VoiceProcess:
        return start_worker(*usual, *options, **environment)

    return start


async def listening(*workers: VoiceProcess) -> str:
    """Their addresses, once all of them listen."""
    return ",".join([await anyio.to_thread.run_sync(getattr, each, "address") for each in workers])


async def test_a_line_whose_worker_is_killed_is_spoken_by_the_other(
    housing: Callable[..., Any], start_far: Starting, far: OpenAiServer
) -> None:
    ada, bo = start_far("--name=ada"), start_far("--name=bo")
    house = await housing(workers=await listening(ada, bo))
    far.gate.clear()
    async with house.working():
        await house.asked(1, FAR)
        await until(lambda: far.under_way == 1)
        ada.kill()
        await until(lambda: len(far.spoken) == 2)
        far.gate.set()
        await until(lambda: house.count("done") == 1)
    ((facts,)) = house.facts()
    assert (facts["worker"], facts["fallback"]) == ("bo", "ada was lost")
    assert house.rows("select count(*) from takes") == [(1,)]


async def test_a_line_waits_in_sight_until_a_worker_is_back(
    housing: Callable[..., Any], start_far: Starting, far: OpenAiServer
) -> None:
    ada = start_far("--name=ada")
    address = await listening(ada)
    house = await housing(workers=address)
    far.gate.clear()
    async with house.working():
        session = await house.asked(2, FAR)
        await until(lambda: far.under_way >= 1)
        ada.kill()
        far.gate.set()

        async def is_seen() -> bool:
            desk = await house.studio.desk(session.id)
            shown = [beat_progress(beat, desk.workers_live) for beat in desk.session.beats]
            return all(
                each is not None and re.fullmatch(r"waiting: .*voice worker.*(runs|starts one)\.", each.text)
                for each in shown
            )

        await soon(is_seen)
        start_far("--name=ada", f"--address={address}")
        await until(lambda: house.count("done") == 2)
    assert {facts["worker"] for facts in house.facts()} == {"ada"}


async def test_a_line_that_waited_in_vain_says_what_to_do_and_is_made_later(
    housing: Callable[..., Any], start_worker: Starting
) -> None:
    usual = ("--engine=tone", "--name=ada")
    ada = start_worker(*usual, "--address=127.0.0.1:0")
    address = await listening(ada)
    ada.kill()
    house = await housing(workers=address)
    async with house.working(backoff_s=(0.0, 0.0)):
        session = await house.asked(2, TONE)
        await until(lambda: house.count("failed") == 2)
    told = {error["message"] for (error,) in house.rows("select error from takes")}
    assert told == {"No voice worker is there. `viraltracker worker serve` starts one."}
    await listening(start_worker(*usual, f"--address={address}"))
    async with house.working():
        await house.again(await house.studio.sessions.get(session.id))
        await until(lambda: house.count("done") == 2)


async def has_left(worker: VoiceProcess) -> bool:
    """Whether it takes no more lines."""
    link = Link(worker.address, Access())
    try:
        return bool((await link.ask("GetCapabilities", wire.GetCapabilitiesRequest(), 5.0)).draining)
    except ProviderDown:
        return True
    finally:
        await link.aclose()


async def test_who_is_told_to_end_finishes_what_it_speaks_and_takes_nothing_new(
    housing: Callable[..., Any], start_far: Starting, far: OpenAiServer
) -> None:
    ada, bo = start_far("--name=ada"), start_far("--name=bo")
    house = await housing(workers=await listening(ada, bo))
    far.gate.clear()
    async with house.working():
        await house.asked(1, FAR)
        await until(lambda: far.under_way == 1)
        ada.process.send_signal(signal.SIGTERM)
        await soon(partial(has_left, ada))
        await house.asked(3, FAR, "fog")
        await until(lambda: far.under_way >= 2)
        far.gate.set()
        await until(lambda: house.count("done") == 4)
    shares = Counter(facts["worker"] for facts in house.facts())
    assert shares == {"ada": 1, "bo": 3}
    assert await anyio.to_thread.run_sync(ada.process.wait, 20) == 0


async def test_a_hundred_beats_survive_the_death_of_one_of_two_workers(
    housing: Callable[..., Any], start_worker: Starting, redis_server: RedisServer
) -> None:
    usual = ("--engine=tone", "--default=tone/tone", "--address=127.0.0.1:0")
    workers = {
        name: start_worker(*usual, f"--name={name}", REDIS_URL=redis_server.url) for name in ("ada", "bo")
    }
    await listening(*workers.values())
    with redis_server.client() as client:
        await until(lambda: len(client.keys("worker:*")) == 2)
    house = await housing(redis_url=SecretStr(redis_server.url))

    def spoken(name: str) -> int:
        return sum(facts["worker"] == name for facts in house.facts())

    async with house.working():
        await house.asked(100, TONE)
        await until(lambda: min(spoken("ada"), spoken("bo")) > 20)
        assert house.count("done") < 100, "it dies in the middle"
        workers["ada"].kill()
        await until(lambda: house.count("done") == 100)
    assert house.rows("select count(*), count(distinct key) from generations") == [(100, 100)]
    assert min(spoken("ada"), spoken("bo")) > 20
