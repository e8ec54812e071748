"""Characters and profiles: what is refused, what survives JSON, how a change reads, and the seeded six."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import BadInput
from viraltracker.voices import (
    Character,
    EngineVoice,
    VoiceProfile,
    character_from_json,
    character_to_json,
    profile_diff,
    profile_from_json,
    profile_to_json,
    seeded_cast,
    seeded_profiles,
    validate_character,
    validate_profile,
)

FED = VoiceProfile(
    character="fed",
    engine="espeak",
    voices={"espeak": EngineVoice("en-us+m3", None, {"pitch": 40.0}), "elevenlabs": EngineVoice("abc", "m1")},
    speed=0.7,
)
UNIT = st.floats(0, 1)
PROFILES = st.builds(
    VoiceProfile,
    character=st.sampled_from(["fed", "every-coon", "k9"]),
    engine=st.sampled_from(["espeak", "elevenlabs"]),
    voices=st.dictionaries(
        st.sampled_from(["espeak", "elevenlabs", "tone"]),
        st.builds(
            EngineVoice,
            voice=st.sampled_from(["en-us+m3", "Ünï voice", "x"]),
            model=st.none() | st.just("eleven_v3"),
            options=st.dictionaries(st.sampled_from(["pitch", "rate_wpm"]), st.floats(-1e6, 1e6)),
        ),
    ),
    stability=UNIT,
    similarity=UNIT,
    style=UNIT,
    speed=st.floats(0.7, 1.2),
    seed=st.none() | st.integers(0, 2**32 - 1),
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stability": 1.01}, r"fed: stability 1.01 is outside 0 to 1"),
        ({"similarity": -0.1}, r"similarity -0.1 is outside"),
        ({"style": float("nan")}, r"style nan is outside"),
        ({"speed": 0.69}, r"speed 0.69 is outside 0.7 to 1.2"),
        ({"speed": float("inf")}, r"speed inf is outside"),
        ({"seed": -1}, r"seed -1 is outside 0 to 4294967295"),
        ({"seed": 2**32}, r"seed 4294967296 is outside"),
        ({"engine": "<b>"}, r"is no engine's name"),
        ({"character": "Fed!"}, r"is no character's id"),
        ({"voices": {"espeak": EngineVoice("  ")}}, r"fed on espeak: the voice is empty"),
        ({"voices": {"espeak": EngineVoice("a\nb")}}, r"the voice holds a line break"),
        ({"voices": {"espeak": EngineVoice("a", "m" * 201)}}, r"the model is 201 characters long"),
        ({"voices": {"espeak": EngineVoice("a", None, {"pitch": float("nan")})}}, r"pitch must be a number"),
        ({"voices": {"../x": EngineVoice("a")}}, r"is no engine's name"),
    ],
)
def test_a_profile_out_of_range_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        validate_profile(replace(FED, **change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "The Fed"}, r"can't be a character's id"),
        ({"id": ""}, r"can't be a character's id"),
        ({"id": "x" * 51}, r"50 characters at most"),
        ({"aliases": ("",)}, r"can't be an alias"),
        ({"aliases": ("a]b",)}, r"can't be an alias"),
        ({"aliases": (" fed",)}, r"can't be an alias"),
        ({"aliases": ("fe\x00d",)}, r"control character"),
        ({"role": "x" * 201}, r"role is 201 characters long"),
        ({"colour_light": "red"}, r'"red" is no colour'),
        ({"colour_dark": "#fff;}*{"}, r"is no colour"),
    ],
)
def test_a_character_that_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        validate_character(replace(seeded_cast()[2], **change))


@given(PROFILES)
def test_a_profile_survives_json(profile: VoiceProfile) -> None:
    assert profile_from_json(profile_to_json(profile)) == profile


@pytest.mark.parametrize("character", seeded_cast(), ids=lambda c: c.id)
def test_a_character_survives_json(character: Character) -> None:
    assert character_from_json(character_to_json(character)) == character


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volume": 11}, "volume: extra inputs"),
        ({"speed": "fast"}, "speed: input should be a valid number"),
        ({"speed": None}, "speed: input should be"),
        ({"speed": 7.0}, "speed 7.0 is outside"),
        ({"stability": float("nan")}, "stability: input should be a finite number"),
        ({"seed": 1.5}, "seed: input should be"),
        ({"voices": {"espeak": {"voice": "a", "key": "x"}}}, "voices.espeak.key: extra"),
        ({"voices": []}, "voices: input should be"),
    ],
)
def test_strange_json_is_refused_with_the_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        profile_from_json({**profile_to_json(FED), **change})


@pytest.mark.parametrize("value", [None, [], "fed", 3, {"character": "fed"}])
def test_what_is_no_profile_at_all_is_refused(value: object) -> None:
    with pytest.raises(BadInput, match="This is no voice profile"):
        profile_from_json(value)
    with pytest.raises(BadInput, match="This is no character"):
        character_from_json(value)


def test_a_change_reads_like_a_sentence() -> None:
    new = replace(
        FED,
        engine="elevenlabs",
        voices={
            "espeak": EngineVoice("en-us+f2", None, {"pitch": 45.5, "rate_wpm": 170.0}),
            "tone": EngineVoice("alto"),
        },
        speed=0.8,
        stability=0.354,
        seed=7,
    )
    assert profile_diff(FED, new) == (
        "engine espeak -> elevenlabs",
        "elevenlabs voice abc -> none",
        "elevenlabs model m1 -> none",
        "espeak voice en-us+m3 -> en-us+f2",
        "espeak pitch 40 -> 45.5",
        "espeak rate_wpm none -> 170",
        "tone voice none -> alto",
        "stability 0.35 -> 0.354",
        "speed 0.70 -> 0.80",
        "seed none -> 7",
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_no_change_is_too_small_to_be_told(one: float, other: float) -> None:
    assert bool(profile_diff(replace(FED, style=one), replace(FED, style=other))) == (one != other)


@given(PROFILES, PROFILES)
def test_a_diff_is_empty_exactly_when_nothing_differs(one: VoiceProfile, other: VoiceProfile) -> None:
    assert profile_diff(one, one) == ()
    assert bool(profile_diff(one, replace(other, character=one.character))) == (
        one != replace(other, character=one.character)
    )


def test_the_seeded_six_are_what_the_show_was_made_with() -> None:
    profiles = {profile.character: profile for profile in seeded_profiles()}
    assert [character.id for character in seeded_cast()] == list(profiles)
    numbers = {name: (p.stability, p.style, p.speed) for name, p in profiles.items()}
    assert numbers == {
        "every-coon": (0.35, 0.45, 1.00),
        "boomer": (0.50, 0.30, 0.85),
        "fed": (0.65, 0.20, 0.70),
        "whale": (0.40, 0.50, 0.95),
        "wojak": (0.30, 0.60, 1.10),
        "chad": (0.40, 0.55, 1.05),
    }
    for profile in profiles.values():
        validate_profile(profile)
        assert profile.similarity == 0.78
        assert profile.engine == "espeak"
        assert profile.voice is not None
        other = profile.on("elevenlabs").voice
        assert other is not None
        assert other.voice == "BRruTxiLM2nszrcCIpz1"
    assert len({profile.voices["espeak"].voice for profile in profiles.values()}) == 6


def test_the_seeded_cast_has_its_colours() -> None:
    for character in seeded_cast():
        validate_character(character, [other for other in seeded_cast() if other.id != character.id])
    assert len({c.colour_light for c in seeded_cast()} | {c.colour_dark for c in seeded_cast()}) == 12
