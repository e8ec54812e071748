"""Which setting wins, what a generation key holds, and what makes a take stale."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import BadInput
from viraltracker.script import Beat, Segment
from viraltracker.speech import Support
from viraltracker.speech.tone import ToneEngine
from viraltracker.takes import BeatPlan, Planner, Revision, differences, plan_key
from viraltracker.takes.keys import part_requests
from viraltracker.takes.plan import SPEED_MAX, SPEED_MIN
from viraltracker.takes.rows import plan_json, plan_of
from viraltracker.voices import EngineVoice, VoiceProfile


class Expressive(ToneEngine):
    """A tone that claims to use everything, as ElevenLabs does."""

    def support(self, model: str | None) -> Mapping[str, Support]:
        return dict.fromkeys(super().support(model), "honoured")


FED = VoiceProfile(
    "fed", "tone", {"tone": EngineVoice("bass")}, stability=0.65, similarity=0.8, style=0.2, speed=0.7, seed=7
)
WOJAK = VoiceProfile("wojak", "tone", {"tone": EngineVoice("alto")}, speed=1.1)
PLANNER = Planner({"fed": FED, "wojak": WOJAK}, {"tone": Expressive()})


def beat(*segments: Segment, leading_pause_ms: int = 0) -> Beat:
    return Beat("01_a", 1, "A", segments, leading_pause_ms)


def only(plan: BeatPlan):  # type: ignore[no-untyped-def]
    (segment,) = plan.segments
    return segment


def test_settings_come_from_revision_then_tag_then_profile() -> None:
    tagged = beat(Segment("fed", "Closed.", stability=0.0, pace="fast"))
    by_tag = only(PLANNER.plan(tagged))
    assert (by_tag.stability, by_tag.style, by_tag.similarity) == (0.0, 0.2, 0.8)
    assert by_tag.origin["stability"] == "tag"
    assert by_tag.origin["style"] == "profile"
    assert by_tag.speed == pytest.approx(0.7 * 1.15)
    revised = only(PLANNER.plan(tagged, Revision(stability=1.0, style=0.0, pace="normal", similarity=0.1)))
    assert (revised.stability, revised.style, revised.similarity, revised.speed) == (1.0, 0.0, 0.1, 0.7)


def test_speed_is_held_and_the_plan_says_so() -> None:
    held = only(PLANNER.plan(beat(Segment("fed", "Closed.", pace="slow"))))
    assert (held.speed, held.held_from) == (SPEED_MIN, pytest.approx(0.525))
    fast = only(PLANNER.plan(beat(Segment("wojak", "No!", pace="chaos"))))
    assert (fast.speed, fast.held_from) == (SPEED_MAX, pytest.approx(1.32))
    assert only(PLANNER.plan(beat(Segment("wojak", "No!")))).held_from is None


def test_an_engine_that_ignores_a_setting_neither_gets_it_nor_depends_on_it() -> None:
    plain = Planner({"fed": FED}, {"tone": ToneEngine()})
    tagged = beat(Segment("fed", "Closed.", style=0.9, direction="Whisper"))
    segment = only(plain.plan(tagged))
    assert (segment.style, segment.direction) == (None, None)
    assert set(segment.unused) == {"style", "direction"}
    assert plain.plan(tagged).keys == plain.plan(beat(Segment("fed", "Closed."))).keys


def test_a_key_depends_on_everything_that_is_heard_and_on_nothing_else() -> None:
    base = beat(Segment("fed", "Closed.", direction="Flat"), Segment("fed", "For good."))
    keys = PLANNER.plan(base).keys
    first = base.segments[0]
    for changed in (
        replace(first, text="Open."),
        replace(first, character="wojak"),
        replace(first, direction="Loud"),
        replace(first, pace="fast"),
        replace(first, stability=0.1),
        replace(first, style=0.1),
    ):
        assert PLANNER.plan(replace(base, segments=(changed, base.segments[1]))).keys[0] != keys[0]
    paused = replace(base, segments=(replace(first, pause_after_ms=900), base.segments[1]))
    assert PLANNER.plan(paused).keys == keys
    assert plan_key(PLANNER.plan(paused)) != plan_key(PLANNER.plan(base))
    assert not set(PLANNER.plan(base, attempt=1).keys) & set(keys)


def test_neighbours_are_those_of_the_beat() -> None:
    plan = PLANNER.plan(beat(Segment("fed", "One."), Segment("wojak", "Two."), Segment("fed", "Three.")))
    requests = [part_requests(segment)[0] for segment in plan.segments]
    assert [(r.previous_text, r.next_text) for r in requests] == [
        (None, "Two."),
        ("One.", "Three."),
        ("Two.", None),
    ]


def test_a_long_segment_is_sent_in_parts_and_stays_one_segment() -> None:
    sentence = "This sentence is here to be long. "
    plan = PLANNER.plan(beat(Segment("fed", (sentence * 400).strip())))
    segment = only(plan)
    assert len(segment.parts) > 1
    assert len(segment.keys) == len(segment.parts)
    assert " ".join(segment.parts) == segment.text
    requests = part_requests(segment)
    assert requests[1].previous_text == segment.parts[0]


def test_a_character_without_a_voice_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match='"chad" is not in the cast'):
        PLANNER.plan(beat(Segment("chad", "Bro.")))
    with pytest.raises(BadInput, match="no voice on elevenlabs"):
        PLANNER.plan(beat(Segment("fed", "Closed.")), Revision(engine="elevenlabs"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "Open."}, "text"),
        ({"character": "wojak"}, "speaker fed → wojak"),
        ({"pace": "quick"}, "voice fed: speed 0.70 → 0.76"),
        ({"stability": 0.1}, "voice fed: stability 0.65 → 0.10"),
        ({"direction": "Loud"}, "voice fed: direction unset → Loud"),
    ],
)
def test_a_stale_take_says_why(change: dict[str, object], reason: str) -> None:
    before = beat(Segment("fed", "Closed."))
    after = replace(before, segments=(replace(before.segments[0], **change),))  # type: ignore[arg-type]
    assert differences(PLANNER.plan(before), PLANNER.plan(after)) == (reason,)


def test_another_attempt_or_the_trailing_pause_makes_nothing_stale() -> None:
    closed = beat(Segment("fed", "Closed."))
    assert differences(PLANNER.plan(closed, attempt=3), PLANNER.plan(closed)) == ()
    assert differences(PLANNER.plan(closed), PLANNER.plan(replace(closed, trailing_pause_ms=2000))) == ()


def test_a_changed_pause_inside_is_told_with_both_lengths() -> None:
    before = beat(Segment("fed", "One.", pause_after_ms=150), Segment("fed", "Two."))
    after = beat(Segment("fed", "One.", pause_after_ms=400), Segment("fed", "Two."), leading_pause_ms=50)
    assert differences(PLANNER.plan(before), PLANNER.plan(after)) == ("pause 0 → 50 ms", "pause 150 → 400 ms")


@given(
    st.lists(
        st.builds(
            Segment,
            character=st.sampled_from(["fed", "wojak"]),
            text=st.text(min_size=1, max_size=40).filter(str.strip),
            pace=st.sampled_from(["slow", "normal", "chaos"]),
            stability=st.none() | st.floats(0, 1),
            pause_after_ms=st.integers(0, 10_000),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_plan_survives_storage_exactly(segments: list[Segment]) -> None:
    plan = PLANNER.plan(beat(*segments))
    assert plan_of(plan_json(plan)) == plan
    assert differences(plan_of(plan_json(plan)), plan) == ()


def test_a_setting_written_otherwise_is_the_same_setting() -> None:
    line = beat(Segment("fed", "Hello."))
    whole = PLANNER.plan(line, Revision(stability=1, style=0, speed=1))
    real = PLANNER.plan(line, Revision(stability=1.0, style=-0.0, speed=1.0))
    assert whole.keys == real.keys


@pytest.mark.parametrize(
    "wish",
    [
        Revision(stability=1.5),
        Revision(style=-0.1),
        Revision(similarity=float("nan")),
        Revision(speed=float("inf")),
        Revision(pace="warp"),
    ],
)
def test_a_revision_that_cannot_be_spoken_is_refused_by_name(wish: Revision) -> None:
    with pytest.raises(BadInput, match="01_a"):
        PLANNER.plan(beat(Segment("fed", "Hello.")), wish)
