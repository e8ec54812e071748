"""A voice that hears what it said before in the beat: its keys, and what a changed line means."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tests.takes.conftest import CAST, Stage
from viraltracker.audio import decode
from viraltracker.script import Beat, Segment
from viraltracker.speech import CONTINUITY, Speech, SpeechRequest, Support
from viraltracker.speech.tone import ToneEngine
from viraltracker.takes import Planner, Revision, differences
from viraltracker.takes.keys import heard_parts
from viraltracker.takes.rows import plan_json, plan_of
from viraltracker.voices import EngineVoice, VoiceProfile


class Listening(ToneEngine):
    """A tone that says it hears what was said before, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(repeatable=False)
        self.asked: list[SpeechRequest] = []

    def support(self, model: str | None) -> Mapping[str, Support]:
        return {**super().support(model), "continuity": "honoured"}

    async def synthesize(self, request: SpeechRequest) -> Speech:
        self.asked.append(request)
        return await super().synthesize(replace(request, options={}))


def profiles(seconds: float) -> dict[str, VoiceProfile]:
    options = {CONTINUITY: seconds} if seconds else {}
    return {
        who: VoiceProfile(who, "tone", {"tone": EngineVoice(voice, options=options)})
        for who, voice in {"fed": "bass", "wojak": "alto"}.items()
    }


def planner(seconds: float = 20.0) -> Planner:
    return Planner(profiles(seconds), {"tone": Listening()})


def beat(*texts: str, middle: str = "wojak") -> Beat:
    speakers = ("fed", middle, "fed", "fed")
    said = tuple(Segment(who, text) for who, text in zip(speakers, texts, strict=True))
    return Beat("01_a", 1, "A", said, 0)


USUAL = beat("One.", "Two.", "Three.", "Four.")


def changed_keys(new: Beat) -> list[bool]:
    pairs = zip(planner().plan(USUAL).keys, planner().plan(new).keys, strict=True)
    return [before != after for before, after in pairs]


def test_keys_of_lines_that_stand_alone_are_what_they_always_were() -> None:
    """Else every take that is there would be bought again."""
    fed = VoiceProfile(
        "fed",
        "tone",
        {"tone": EngineVoice("bass")},
        stability=0.65,
        similarity=0.8,
        style=0.2,
        speed=0.7,
        seed=7,
    )
    alone = Beat("01_a", 1, "A", (Segment("fed", "Closed."),), 0)
    (key,) = Planner({"fed": fed}, {"tone": ToneEngine()}).plan(alone).keys
    assert key == "9d3d5cfd3c5601f7c3b95c8e3aa5e04c838e76e6a1c1cf1569f5ab2e4c801b26"


def test_it_is_off_unless_it_is_asked_for() -> None:
    plan = planner(0.0).plan(USUAL)
    assert not any(segment.continues for segment in plan.segments)
    assert heard_parts(plan) == ((), (), (), ())


def test_an_engine_that_does_not_listen_takes_no_notice() -> None:
    deaf = Planner(profiles(20.0), {"tone": ToneEngine()})
    assert heard_parts(deaf.plan(USUAL)) == ((), (), (), ())


def test_a_speaker_hears_itself_and_nobody_else() -> None:
    plan = planner().plan(USUAL)
    assert heard_parts(plan) == ((), (), (0,), (0, 2))
    assert plan_of(plan_json(plan)) == plan


def test_parts_of_a_long_line_follow_each_other() -> None:
    long = ("This sentence is here to be long. " * 400).strip()
    plan = planner().plan(Beat("01_a", 1, "A", (Segment("fed", long),), 0))
    assert len(plan.keys) > 2
    assert heard_parts(plan)[:3] == ((), (0,), (0, 1))


@pytest.mark.parametrize(
    ("new", "changed"),
    [
        (beat("One!", "Two.", "Three.", "Four."), [True, False, True, True]),
        (beat("One.", "Two!", "Three.", "Four."), [False, True, False, False]),
        (beat("One.", "Two.", "Three!", "Four."), [False, False, True, True]),
        (beat("One.", "Two.", "Three.", "Four!"), [False, False, False, True]),
        (beat("One.", "Two.", "Three.", "Four.", middle="fed"), [False, True, True, True]),
    ],
)
def test_a_changed_line_gives_new_keys_to_what_its_speaker_says_after_it(
    new: Beat, changed: list[bool]
) -> None:
    assert changed_keys(new) == changed


def test_turning_the_knob_makes_a_take_stale_and_says_so() -> None:
    before, after = planner(0.0).plan(USUAL), planner(12.0).plan(USUAL)
    assert "voice fed: continuity_s unset → 12.00" in differences(before, after)


SCRIPT = """[META]
video_title: T
project: p

[BEAT: 01_a]
name: N
---
[CHARACTER: fed]
{}
[CHARACTER: wojak]
Two.
[CHARACTER: fed]
Three.
[CHARACTER: wojak]
Four.
[CHARACTER: fed]
Five.
[END_BEAT]
"""


@pytest.fixture
def listening(stage: Stage) -> Listening:
    stage.engine = engine = Listening()
    stage.profiles = profiles(20.0)
    return engine


async def test_each_line_is_asked_for_with_what_its_speaker_said_in_this_take(
    stage: Stage, listening: Listening
) -> None:
    session = await stage.filled(SCRIPT.format("One."))
    heard = {asked.text: [turn.text for turn in asked.said] for asked in listening.asked}
    assert heard == {
        "One.": [],
        "Two.": [],
        "Three.": ["One."],
        "Four.": ["Two."],
        "Five.": ["One.", "Three."],
    }
    plain = await ToneEngine(repeatable=False).synthesize(replace(listening.asked[0], options={}))
    assert np.array_equal(listening.asked[2].said[0].clip.samples, plain.clip.samples)

    calls = len(listening.asked)
    source = await stage.sessions.script(session.id)
    await stage.sessions.save_script(session.id, SCRIPT.format("Uno."), source.number, CAST)
    await stage.make(await stage.generate.fill(await stage.sessions.get(session.id)))
    again = {asked.text: [turn.text for turn in asked.said] for asked in listening.asked[calls:]}
    assert again == {"Uno.": [], "Three.": ["Uno."], "Five.": ["Uno.", "Three."]}


async def test_what_was_bought_before_is_heard_from_its_file(stage: Stage, listening: Listening) -> None:
    """Only the last line is new: those before it are not asked for, and are heard all the same."""
    session = await stage.filled(SCRIPT.format("One."))
    calls = len(listening.asked)
    source = await stage.sessions.script(session.id)
    changed = SCRIPT.format("One.").replace("Five.", "Six.")
    await stage.sessions.save_script(session.id, changed, source.number, CAST)
    await stage.make(await stage.generate.fill(await stage.sessions.get(session.id)))
    (six,) = listening.asked[calls:]
    assert [turn.text for turn in six.said] == ["One.", "Three."]
    takes = (await stage.sessions.get(session.id)).beats[0].takes
    assert decode(await stage.blobs.get(str(takes[1].audio_sha256))).length > 0


async def test_another_take_is_made_anew_from_its_first_line_on(stage: Stage, listening: Listening) -> None:
    session = await stage.filled(SCRIPT.format("One."))
    calls = len(listening.asked)
    await stage.another(session.id, "01_a", Revision(seed=3))
    assert [asked.text for asked in listening.asked[calls:]] == ["One.", "Two.", "Three.", "Four.", "Five."]


async def test_only_so_many_seconds_are_heard(stage: Stage, listening: Listening) -> None:
    stage.profiles = profiles(0.5)
    await stage.filled(SCRIPT.format("One."))
    (five,) = (asked for asked in listening.asked if asked.text == "Five.")
    assert [turn.text for turn in five.said] == ["Three."]
