"""An answer in the provider's history is adopted by one generation: paid once, in the ledger once."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio
import psycopg
import pytest

from tests.fog import SCRIPT
from tests.speech.elevenlabs_faults import Hangup
from tests.speech.elevenlabs_server import SEEDED_VOICE, ElevenLabsServer
from tests.takes.conftest import Stage
from viraltracker.errors import OutcomeUnknown
from viraltracker.speech import Synthesizer
from viraltracker.speech.elevenlabs import ElevenLabsEngine
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Actor, LocalBlobs
from viraltracker.takes import Records, Revision, Take
from viraltracker.voices import EngineVoice, VoiceProfile


@dataclass
class Cloud:
    """A stage whose characters all speak with ElevenLabs, and the provider's own books."""

    stage: Stage
    provider: ElevenLabsServer
    session: UUID

    async def in_doubt(self, *seeds: int, charged: tuple[bool, ...]) -> list[UUID]:
        """Takes of one line, alike but for their seeds, which no history tells; each call was cut off."""
        takes: list[UUID] = []
        for seed, paid in zip(seeds, charged, strict=True):
            held = await self.stage.sessions.get(self.session)
            asked = await self.stage.generate.revise(held, "02_reply", Revision(seed=seed), None)
            self.provider.faults.append(Hangup(charged=paid))
            with pytest.raises(OutcomeUnknown):
                await self.make(asked.takes[0])
            takes += asked.takes
        await self.stage.age_intents()
        return takes

    async def make(self, take: UUID, records: Records | None = None, claim: UUID | None = None) -> None:
        await self.stage.producer.make_take(records or self.stage.records, take, claim or uuid4())

    async def takes(self) -> tuple[Take, ...]:
        return (await self.stage.sessions.get(self.session)).beats[1].takes

    async def charges(self) -> list[int]:
        """Characters of every charge in the ledger."""
        async with await psycopg.AsyncConnection.connect(self.stage.admin_url) as connection:
            found = await connection.execute("select characters from ledger where kind = 'actual'")
            return [characters for (characters,) in await found.fetchall()]


class CloudStage(Stage):
    """The same production before a paid provider."""

    cloud: ElevenLabsEngine

    @property
    def engines(self) -> Mapping[str, Synthesizer]:
        return {"elevenlabs": self.cloud}


@pytest.fixture
async def cloud(store: Actor, data_folder: Path, admin_url: str) -> AsyncIterator[Cloud]:
    with ElevenLabsServer() as provider:
        voices = {"elevenlabs": EngineVoice(SEEDED_VOICE)}
        profiles = {name: VoiceProfile(name, "elevenlabs", voices) for name in ("fed", "wojak")}
        stage = CloudStage(store, LocalBlobs(data_folder / "blobs"), ToneEngine(), admin_url, profiles)
        stage.cloud = ElevenLabsEngine(provider.key, base_url=provider.base_url)
        yield Cloud(stage, provider, (await stage.session(SCRIPT)).id)
        await stage.cloud.aclose()


class BothHaveLooked:
    """Nobody adopts before everybody has looked into the history."""

    def __init__(self, actor: Actor, lookers: int) -> None:
        self._actor, self._missing = actor, lookers
        self._all_there = anyio.Event()

    async def call(self, function: str, /, **arguments: Any) -> Any:
        if function == "studio_generation_adopt_v1":
            self._missing -= 1
            if self._missing == 0:
                self._all_there.set()
            await self._all_there.wait()
        return await self._actor.call(function, **arguments)


async def test_two_takes_in_doubt_never_adopt_the_same_answer(cloud: Cloud) -> None:
    takes = await cloud.in_doubt(1, 2, charged=(True, False))
    together = BothHaveLooked(cloud.stage.records, 2)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for take in takes:
                tasks.start_soon(cloud.make, take, together)
    made = await cloud.takes()
    assert [take.status for take in made] == ["done", "done"]
    assert made[0].audio_sha256 != made[1].audio_sha256
    assert len(cloud.provider.made) == 2
    assert await cloud.charges() == [one.characters for one in cloud.provider.made]


async def test_an_adoption_that_broke_off_is_taken_up_again(cloud: Cloud) -> None:
    (take,) = await cloud.in_doubt(1, charged=(True,))
    (held,) = await cloud.takes()
    claim = uuid4()
    await cloud.stage.records.call("studio_take_start_v1", take=take, claim=claim, lease_s=0.0)
    begun = await begin(cloud, take, claim, held.plan.keys[0])
    assert begun["state"] == "doubt"
    answer = {"key": held.plan.keys[0], "claim": claim, "request_id": cloud.provider.made[0].request_id}
    adopted = await cloud.stage.records.call("studio_generation_adopt_v1", **answer)
    assert adopted == {"state": "adopted"}
    await cloud.stage.age_intents()  # and there the worker died
    await cloud.make(take)
    assert [take.status for take in await cloud.takes()] == ["done"]
    assert len(cloud.provider.made) == 1
    assert await cloud.charges() == [cloud.provider.made[0].characters]
    late = await cloud.stage.records.call("studio_generation_adopt_v1", **answer)
    assert late == {"state": "lost"}


async def test_an_answer_that_still_comes_back_after_its_adoption_is_charged_once(cloud: Cloud) -> None:
    (take,) = await cloud.in_doubt(1, charged=(True,))
    await cloud.make(take)
    (made,) = await cloud.takes()
    (paid,) = cloud.provider.made
    await cloud.stage.records.call(
        "studio_generation_done_v1", take=take, ordinal=0, key=made.plan.keys[0],
        payload_sha256=await cloud.stage.blobs.put(paid.audio), media_type="audio/mpeg",
        payload_bytes=len(paid.audio), duration_ms=1, request_id=paid.request_id, facts={},
        charge={"characters": paid.characters, "usd": 0.01, "exact": True, "receipt": str(uuid4())},
    )  # fmt: skip
    assert await cloud.charges() == [paid.characters]


async def begin(cloud: Cloud, take: UUID, claim: UUID, key: str) -> dict[str, Any]:
    answer: dict[str, Any] = await cloud.stage.records.call(
        "studio_generation_begin_v1", take=take, claim=claim, ordinal=0, key=key, engine="elevenlabs",
        model=None, voice=SEEDED_VOICE, characters=1, usd=0.0, timeout_s=60.0,
    )  # fmt: skip
    return answer
