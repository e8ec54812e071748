"""A cloned voice hears its own last lines, where it is asked to: over the wire, and in an episode."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.worker.conftest import engine_over
from tests.worker.csm.packs import write_pack
from tests.worker.csm.test_episode import csm_worker
from viraltracker.audio import Clip, decode, stretched
from viraltracker.settings import Settings
from viraltracker.speech import CONTINUITY, Speech, SpeechRequest, Turn
from viraltracker.store import Postgres
from viraltracker.studio import Stores, Studio
from viraltracker.voices import EngineVoice
from viraltracker.worker.csm.scenes import as_said, fitting
from viraltracker.worker.csm.shape import Shape
from viraltracker.workflow import Order, complete_audio_workflow, hands_for

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("csm")]

SHAPE = Shape(4, 67, 64, 0, 2_048, 24_000, 1_920)
GREEDY = {"temperature": 0.0}
LINE = SpeechRequest("And so it is.", "calm", model="csm/anna", seed=1, options={**GREEDY, CONTINUITY: 10.0})


def hum(hz: float, seconds: float = 1.0) -> Clip:
    times = np.arange(round(24_000 * seconds)) / 24_000
    return Clip((0.3 * np.sin(2 * np.pi * hz * times)).astype(np.float32), 24_000)


FIRST, SECOND = Turn("It always was.", hum(150)), Turn("Always.", hum(240, 0.7), 0.8)


async def test_what_it_said_before_changes_a_line_and_only_where_it_is_asked_to(csm_packs: Path) -> None:
    async with csm_worker(csm_packs, attempts=1) as worker, engine_over(worker) as over:

        async def spoken(request: SpeechRequest) -> Speech:
            return await over.synthesize(request)

        alone = await spoken(LINE)
        follows = await spoken(replace(LINE, said=(FIRST, SECOND)))
        again = await spoken(replace(LINE, said=(FIRST, SECOND)))
        other = await spoken(replace(LINE, said=(Turn("Was it?", hum(310)), SECOND)))
        off = await spoken(replace(LINE, said=(FIRST, SECOND), options=GREEDY))
        little = await spoken(replace(LINE, said=(FIRST, SECOND), options={**GREEDY, CONTINUITY: 0.3}))

    def same(one: Speech, another: Speech) -> bool:
        return np.array_equal(one.clip.samples, another.clip.samples)

    assert same(follows, again)
    assert not same(follows, alone)
    assert not same(follows, other)
    assert same(off, alone)
    assert same(little, alone), "a line that is longer than what may be heard isn't cut"
    assert follows.facts["continues"] == "2 of its lines, 1.6 s"
    assert "continues" not in alone.facts


async def test_the_librarys_own_way_can_be_chosen_and_says_and_hears_alike(
    csm_packs: Path, tmp_path: Path
) -> None:
    base = SpeechRequest("Why not?", "default", model="csm/tiny", seed=1, options=GREEDY)
    wanted = (base, replace(LINE, text="It always was."), replace(LINE, said=(FIRST, SECOND)))
    made = []
    for engine in ("slots", "reference"):
        packs = shutil.copytree(csm_packs, tmp_path / engine / "csm")
        write_pack(packs / "tiny", {"engine": engine})
        async with csm_worker(packs, attempts=1) as worker, engine_over(worker) as over:
            made.append([(await over.synthesize(request)).clip.samples for request in wanted])
    for one, other in zip(*made, strict=True):
        assert len(one) == len(other) > 10 * 1_920, "more than a stammer"
        assert float(abs(one - other).max()) < 1e-3


def test_a_line_that_was_stretched_is_heard_as_it_was_before() -> None:
    """Else the next one would be spoken at that pace and stretched again."""
    clip = hum(200, 2.0)
    slow = Turn("So.", stretched(clip, 0.8), 0.8)
    (said,) = as_said([slow])
    assert abs(len(said.samples) - clip.length) <= 2
    assert (
        np.corrcoef(np.abs(np.fft.rfft(said.samples, 48_000)), np.abs(np.fft.rfft(clip.samples, 48_000)))[
            0, 1
        ]
        > 0.9
    )


def test_lines_that_leave_no_room_are_not_heard_the_earliest_first() -> None:
    turns = [Turn("a" * 10, hum(100, 0.8)) for _ in range(3)]
    one = 10 + 10 + 2  # ids, frames and the end of audio, one to spare

    def fit(positions: int) -> int:
        return len(fitting(turns, 30.0, positions, SHAPE, lambda text: tuple(range(len(text)))))

    assert [fit(positions) for positions in (-5, 0, one - 1, one, 2 * one, 3 * one)] == [0, 0, 0, 1, 2, 3]


SCRIPT = """[META]
video_title: One Voice Goes On
project: harbour

[BEAT: 01_all]
name: All
---
[CHARACTER: fed]
The harbour is closed.
[CHARACTER: wojak]
Why?
[CHARACTER: fed]
{}
[CHARACTER: fed]
[PAUSE: 200ms]
So go home.
[END_BEAT]
"""


async def test_in_an_episode_a_changed_line_remakes_what_the_voice_says_after_it(
    csm_packs: Path, postgres: Postgres, data_folder: Path
) -> None:
    async with csm_worker(csm_packs, attempts=1) as worker, engine_over(worker) as over:
        studio = Studio(Settings(data=data_folder), Stores.here(postgres, data_folder), {"worker": over})
        for character, model in {"fed": "csm/ben", "wojak": "csm/anna"}.items():
            member = await studio.cast.member(character)
            voice = EngineVoice("default", model, options={CONTINUITY: 20.0})
            profile = replace(member.profile, engine="worker", voices={"worker": voice}, speed=0.9, seed=5)
            await studio.cast.save(profile, member.version)

        async def made(order: Order) -> tuple[int, int]:
            async with hands_for(studio) as hands:
                outcome = await complete_audio_workflow(studio, order, lambda _: None, hands)
            assert outcome.failures == ()
            sessions.append(outcome.session)
            return outcome.generations_made, outcome.generations_reused

        sessions: list[object] = []
        script = SCRIPT.format("Nobody knows.")
        first = await made(Order(script))
        parts = sum(first)
        assert parts in (3, 4)
        session = await studio.sessions.get(sessions[0])  # type: ignore[arg-type]
        (take,) = session.beats[0].takes
        told = [str(making.facts.get("continues", "")) for making in take.made]
        assert told[:2] == ["", ""]
        assert all("of its lines" in each for each in told[2:])
        assert decode(await studio.files.get(str(take.audio_sha256)), "audio/flac").length > 0
        assert await made(Order(script, sessions[0])) == (0, parts)  # type: ignore[arg-type]
        changed = SCRIPT.format("Nobody was told.")
        assert await made(Order(changed, sessions[0])) == (parts - 2, 2)  # type: ignore[arg-type]
