"""ElevenLabs' account through the real SDK: the history that saves paying twice, voices, credit, keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.speech.elevenlabs_faults import Hangup, Instead, Status
from tests.speech.elevenlabs_server import SEEDED_VOICE, ElevenLabsServer
from viraltracker.errors import (
    NeedsKey,
    NonsenseAnswer,
    OutcomeUnknown,
    ProviderDown,
    SettingsRefused,
)
from viraltracker.speech import SpeechRequest
from viraltracker.speech.elevenlabs import ElevenLabsEngine

LINE = SpeechRequest(
    text="The harbour is closed.", voice=SEEDED_VOICE, stability=0.35, similarity=0.78, style=0.45, speed=0.7
)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


async def test_a_line_that_broke_off_is_found_and_not_bought_again(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    server.faults.append(Hangup(charged=True))
    with pytest.raises(OutcomeUnknown):
        await engine.synthesize(LINE)
    (found,) = await engine.recover(LINE, since)
    (made,) = server.made
    assert (found.payload, found.request_id) == (made.audio, made.request_id)
    assert (found.charged_characters, found.exact) == (22, True)
    assert found.facts["history_item_id"] == made.id
    assert len(server.spoken) == 1


async def test_an_entry_without_a_request_id_is_told_by_its_own(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    await engine.synthesize(LINE)
    server.made = [replace(server.made[0], request_id="")]
    (found,) = await engine.recover(LINE, EPOCH)
    assert found.request_id == server.made[0].id


async def test_all_that_fit_are_given_oldest_first(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    first = await engine.synthesize(LINE)
    second = await engine.synthesize(LINE)
    found = await engine.recover(LINE, EPOCH)
    assert [speech.request_id for speech in found] == [first.request_id, second.request_id]


@pytest.mark.parametrize(
    "other",
    [
        replace(LINE, text="The harbour is open."),
        replace(LINE, voice="voiceTwo00000000000A"),
        replace(LINE, model="eleven_flash_v2_5"),
        replace(LINE, stability=0.36),
        replace(LINE, speed=0.8),
        replace(LINE, style=0.0),
    ],
)
async def test_another_line_in_the_history_is_not_adopted(
    engine: ElevenLabsEngine, other: SpeechRequest
) -> None:
    await engine.synthesize(other)
    assert await engine.recover(LINE, EPOCH) == ()


async def test_the_history_is_read_to_its_end_and_not_before_its_time(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    server.history_page = 3
    now = 1_800_000_000
    for index in range(10):
        server.now = lambda index=index: now + index  # type: ignore[misc]
        await engine.synthesize(LINE)
    found = await engine.recover(LINE, datetime.fromtimestamp(now + 2.6, UTC))
    assert [speech.request_id for speech in found] == [one.request_id for one in server.made[2:]]
    asked = [one.query for one in server.received if one.path == "/v1/history"]
    assert len(asked) == 3
    assert asked[0]["source"] == "TTS"
    assert asked[0]["date_after_unix"] == str(now + 2)


async def test_a_history_entry_that_cannot_be_heard_is_no_match(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    await engine.synthesize(LINE)
    good = server.made[0]
    server.made.append(replace(good, id="broken", audio=good.audio[:50]))
    server.made.append(replace(good, id="page", audio=b"<html>", content_type="text/html"))
    assert [speech.request_id for speech in await engine.recover(LINE, EPOCH)] == [good.request_id]


async def test_a_history_entry_with_a_path_for_an_id_is_refused(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    await engine.synthesize(LINE)
    server.made = [replace(server.made[0], id="../../v1/user")]
    with pytest.raises(NonsenseAnswer, match="without a usable id"):
        await engine.recover(LINE, EPOCH)


async def test_all_pages_of_voices_are_read(server: ElevenLabsServer, engine: ElevenLabsEngine) -> None:
    server.voices = {f"voice{index:03d}": f"Voice {index}" for index in range(7)}
    server.voice_page = 3
    voices = await engine.voices()
    assert [voice.id for voice in voices] == list(server.voices)
    assert voices[0].name == "Voice 0"
    assert voices[0].description == "Voice 0 speaks."
    assert voices[0].labels == {"accent": "british", "gender": "male", "category": "premade"}


async def test_health_tells_what_is_left(server: ElevenLabsServer, engine: ElevenLabsEngine) -> None:
    health = await engine.health()
    assert (health.ready, health.characters_left, health.concurrency) == (True, 81_240, 5)
    assert health.note == "creator · 81,240 characters left · 5 at once"
    server.character_count = 200_000
    server.tier = "enterprise"
    health = await engine.health()
    assert health.note == "enterprise · 0 characters left"


async def test_usage_tells_what_was_used(server: ElevenLabsServer, engine: ElevenLabsEngine) -> None:
    usage = await engine.usage()
    assert (usage.tier, usage.used, usage.limit) == ("creator", 18_760, 100_000)
    assert usage.resets_at == datetime.fromtimestamp(1_800_000_000, UTC)
    assert [characters for _, characters in usage.daily] == [120, 34]
    asked = server.received[-1].query
    assert int(asked["end_unix"]) - int(asked["start_unix"]) < 30 * 86_400_000


@pytest.mark.parametrize("key", [None, "", "   "])
async def test_without_a_key_it_says_which_is_missing(server: ElevenLabsServer, key: str | None) -> None:
    engine = ElevenLabsEngine(key, base_url=server.base_url)
    health = await engine.health()
    assert (health.ready, health.needs) == (False, "ELEVENLABS_API_KEY")
    assert await engine.voices() == ()
    with pytest.raises(NeedsKey, match="ELEVENLABS_API_KEY"):
        await engine.synthesize(LINE)
    with pytest.raises(NeedsKey):
        await engine.recover(LINE, EPOCH)
    assert engine.estimate(LINE).usd > 0
    assert server.received == []
    await engine.aclose()


async def test_a_wrong_key_and_a_narrow_one_are_told_apart(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    server.account_fault = Status(401, "missing_permissions", "The API key is missing user_read.")
    health = await engine.health()
    assert (health.ready, health.needs) == (True, None)
    assert "not read the account" in health.note
    wrong = ElevenLabsEngine("sk_wrong", base_url=server.base_url)
    health = await wrong.health()
    await wrong.aclose()
    assert (health.ready, health.needs) == (False, "ELEVENLABS_API_KEY")
    assert "refused the key" in health.note


async def test_a_key_that_is_no_key_is_refused_and_never_shown() -> None:
    for key in ("sk_a b", "sk_ä", "sk_\nx"):
        with pytest.raises(SettingsRefused) as refused:
            ElevenLabsEngine(key)
        assert key not in str(refused.value)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"3", b"{}", b'{"voices": 3}', b'{"voices": [1]}', b"<html>", b"\xff\xfe"]
)
async def test_nonsense_about_the_account_is_told_as_such(
    server: ElevenLabsServer, engine: ElevenLabsEngine, body: bytes
) -> None:
    server.account_fault = Instead(body, "application/json")
    for ask in (engine.voices, engine.usage, lambda: engine.recover(LINE, EPOCH)):
        with pytest.raises(NonsenseAnswer):
            await ask()
    assert not (await engine.health()).ready


async def test_free_questions_are_asked_once_and_never_left_in_doubt(
    server: ElevenLabsServer, engine: ElevenLabsEngine
) -> None:
    server.account_fault = Status(500)
    with pytest.raises(ProviderDown):
        await engine.voices()
    assert len(server.received) == 1
    server.account_fault = Hangup()
    with pytest.raises(ProviderDown, match="stopped answering"):
        await engine.voices()
    health = await engine.health()
    assert (health.ready, health.needs) == (False, None)
