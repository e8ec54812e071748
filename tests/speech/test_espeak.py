"""eSpeak NG: what it honours and refuses, and how its process lives, dies and ends."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.lowlevel
import espeakng_loader
import numpy as np
import psutil
import pytest

from viraltracker.audio import Clip, levels
from viraltracker.errors import ProviderDown, Refused
from viraltracker.speech import Speech, SpeechRequest
from viraltracker.speech.espeak import Catalogue, EspeakEngine
from viraltracker.speech.espeak.process import SpeakingProcess
from viraltracker.voices import seeded_profiles

LINE = SpeechRequest(text="The harbour is closed. It has always been closed.", voice="en-us+m3")


@pytest.fixture
async def engine() -> AsyncIterator[EspeakEngine]:
    """An engine, ended afterwards."""
    made = EspeakEngine()
    yield made
    await made.aclose()


def _equal(one: Speech, other: Speech) -> bool:
    return bool(np.array_equal(one.clip.samples, other.clip.samples))


def _pitch_hz(clip: Clip) -> float:
    """The median lag of the strongest autocorrelation of loud 50 ms frames."""
    span = clip.rate_hz // 20
    frames = clip.samples[: len(clip.samples) // span * span].reshape(-1, span).astype(np.float64)
    loud = frames[np.sqrt((frames**2).mean(axis=1)) > 0.3 * np.sqrt((frames**2).mean(axis=1)).max()]
    lags = np.arange(clip.rate_hz // 400, clip.rate_hz // 55)
    best = [lags[np.argmax([np.dot(f[:-lag], f[lag:]) / (span - lag) for lag in lags])] for f in loud]
    return float(clip.rate_hz / np.median(best))


def _timbre_db(clip: Clip) -> np.ndarray:
    """The long-term spectrum in six bands, in dB."""
    frames = clip.samples[: len(clip.samples) // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024)
    power = (np.abs(np.fft.rfft(frames)) ** 2).mean(axis=0)
    shares = [part.sum() / power.sum() for part in np.split(power, [14, 33, 56, 93, 149])]
    return 10 * np.log10(np.array(shares) + 1e-6)


@pytest.mark.parametrize("text", ["Nobody says why.", "I know.", "Why?", "Tell me more."])
async def test_a_vowel_at_the_end_is_no_cut_although_it_stops_at_once(
    engine: EspeakEngine, text: str
) -> None:
    spoken = await engine.synthesize(replace(LINE, text=text))
    samples = spoken.clip.samples[: round(len(spoken.clip.samples) * 0.6)]
    assert levels(spoken.clip).ending_db < -22
    assert levels(Clip(samples, spoken.clip.rate_hz)).ending_db > -18


async def test_each_line_begins_from_the_same_state(engine: EspeakEngine) -> None:
    first = await engine.synthesize(LINE)
    for text in ("One.", "Two, three, four!", "What? " * 40):
        await engine.synthesize(replace(LINE, text=text, options={"pitch": 90.0, "rate_wpm": 300.0}))
    assert _equal(first, await engine.synthesize(LINE))
    assert engine.pid is not None


async def test_pitch_range_rate_volume_and_variant_are_heard(engine: EspeakEngine) -> None:
    plain = await engine.synthesize(LINE)
    low = await engine.synthesize(replace(LINE, options={"pitch": 5.0}))
    high = await engine.synthesize(replace(LINE, options={"pitch": 95.0}))
    assert _pitch_hz(high.clip) > 1.5 * _pitch_hz(low.clip)
    quiet = await engine.synthesize(replace(LINE, options={"volume": 20.0}))
    assert levels(quiet.clip).active_dbfs < levels(plain.clip).active_dbfs - 5
    fast = await engine.synthesize(replace(LINE, options={"rate_wpm": 330.0}))
    assert 1.7 < plain.clip.duration_ms / fast.clip.duration_ms < 2.3
    flat = await engine.synthesize(replace(LINE, options={"pitch_range": 0.0}))
    assert not _equal(plain, flat)
    other = await engine.synthesize(replace(LINE, voice="en-us+f2"))
    assert not _equal(plain, other)


async def test_what_it_does_not_use_changes_nothing(engine: EspeakEngine) -> None:
    plain = await engine.synthesize(LINE)
    dressed = replace(
        LINE,
        stability=0.1,
        similarity=0.2,
        style=0.9,
        seed=7,
        direction="whisper",
        previous_text="a",
        next_text="b",
    )
    unused = {part for part, support in engine.support(None).items() if support == "not used"}
    assert unused == {
        "direction",
        "audio_tags",
        "stability",
        "similarity",
        "style",
        "seed",
        "neighbours",
        "continuity",
    }
    assert _equal(plain, await engine.synthesize(dressed))


async def test_no_rate_leaves_what_the_library_takes(engine: EspeakEngine) -> None:
    slow = await engine.synthesize(replace(LINE, speed=0.7, options={"rate_wpm": 80.0}))
    assert slow.facts["rate_wpm"] == 80
    fast = await engine.synthesize(replace(LINE, speed=1.2, options={"rate_wpm": 450.0}))
    assert fast.facts["rate_wpm"] == 450
    with pytest.raises(Refused, match="nan times"):
        await engine.synthesize(replace(LINE, speed=float("nan")))


@pytest.mark.parametrize(
    ("voice", "says"),
    [
        ("en-us+nope", r'no voice variant "nope".*There is '),
        ("en-us+m33", r'no voice variant "m33".*m3'),
        ("klingon+m3", r'no language "klingon".*There is '),
        ("+m3", r'no language ""'),
        ("en-us+../../lang/gmw/de", r"no voice variant"),
        ("en-us+m3\x00", r"no voice variant"),
    ],
)
async def test_an_unknown_voice_is_refused_with_what_there_is(
    engine: EspeakEngine, voice: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        await engine.synthesize(replace(LINE, voice=voice))


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("EN-US+M3", "en-us+m3"),
        ("en-gb+f2", "en+f2"),
        ("fr-fr", "fr"),
        ("en-us+Mr serious", "en-us+Mr serious"),
    ],
)
async def test_a_voice_is_found_however_it_is_written(
    engine: EspeakEngine, written: str, spoken: str
) -> None:
    speech = await engine.synthesize(replace(LINE, voice=written))
    assert speech.facts["voice"] == spoken
    assert _equal(speech, await engine.synthesize(replace(LINE, voice=spoken)))


async def test_every_variant_is_a_voice_of_its_own(engine: EspeakEngine) -> None:
    word = replace(LINE, text="Harbour", voice="en-us")
    plain = await engine.synthesize(word)
    variants = list(engine.catalogue.variants)
    assert len(variants) > 90
    heard = [await engine.synthesize(replace(word, voice=f"en-us+{variant}")) for variant in variants[::8]]
    plain_ones = [one for one in heard if _equal(plain, one)]
    assert len(plain_ones) <= 1, "one file, `fast`, changes only speeds that are never used"
    assert len({one.payload for one in heard}) == len(heard)


async def test_voices_are_listed_for_people(engine: EspeakEngine) -> None:
    voices = {voice.id: voice for voice in await engine.voices()}
    assert voices["en-us"].name == "English (America)"
    assert voices["en-us+m3"].name == "English (America) · male 3"
    assert voices["en-us+grandma"].labels == {"language": "en-us", "variant": "grandma", "gender": "female"}
    assert voices["de"].name == "German"
    assert next(iter(voices)) == "en-us"
    assert not {"fo", "kaa", "xex"} & voices.keys(), "languages without a dictionary can't speak"


def test_a_catalogue_survives_odd_files(tmp_path: Path) -> None:
    for folder in ("lang/gmw", "voices/!v"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "xx_dict").touch()
    (tmp_path / "lang/gmw/XX").write_bytes(b"name Xish\r\nlanguage\r\nlanguage xx-yy 2\n\xff\xfe\n")
    (tmp_path / "lang/gmw/zz").write_text("name Zish\ndictionary xx\n")
    (tmp_path / "lang/gmw/mute").write_text("name Mute\nlanguage mute\n")
    (tmp_path / "voices/!v/empty").touch()
    (tmp_path / "voices/!v/odd").write_text("gender\nname\n")
    found = Catalogue.read(tmp_path)
    assert list(found.languages) == ["xx", "zz"]
    assert list(found.variants) == ["empty", "odd"]
    assert found.resolve("XX+Empty") == "xx+empty"


@pytest.mark.parametrize("text", ["*", "😀", "5 * 3 < 20 & more", "It's 100 % £5", "[[h@loU]]", "«Ça va?»"])
async def test_odd_text_is_spoken_not_obeyed(engine: EspeakEngine, text: str) -> None:
    assert not levels((await engine.synthesize(replace(LINE, text=text))).clip).silent


async def test_markup_and_commands_are_literal(engine: EspeakEngine) -> None:
    marked = await engine.synthesize(
        replace(LINE, text='<prosody rate="x-fast">Hello there my friend</prosody>')
    )
    bare = await engine.synthesize(replace(LINE, text="Hello there my friend"))
    assert marked.clip.duration_ms > 2 * bare.clip.duration_ms
    commanded = await engine.synthesize(replace(LINE, text="\x01 95P Hello \x00there"))
    assert _equal(commanded, await engine.synthesize(replace(LINE, text="95P Hello  there")))


@pytest.mark.parametrize("text", ["...", "—", "[]"])
async def test_text_without_a_word_is_refused(engine: EspeakEngine, text: str) -> None:
    with pytest.raises(Refused, match="nothing in this line"):
        await engine.synthesize(replace(LINE, text=text))


async def test_half_a_character_is_refused(engine: EspeakEngine) -> None:
    with pytest.raises(Refused, match="Character 4 of the line is half"):
        await engine.synthesize(replace(LINE, text="ab \ud800 c"))


async def test_no_silence_is_left_at_the_ends(engine: EspeakEngine) -> None:
    for text in ("Closed.", "Closed?", "Closed, and", "Closed!"):
        measured = levels((await engine.synthesize(replace(LINE, text=text))).clip)
        assert measured.leading_silence_ms <= 30
        assert measured.trailing_silence_ms <= 30


async def test_the_seeded_six_differ_and_keep_their_headroom(engine: EspeakEngine) -> None:
    spoken: dict[str, tuple[float, float, np.ndarray]] = {}
    for profile in seeded_profiles():
        voice = profile.voices["espeak"]
        wish = replace(LINE, voice=voice.voice, speed=profile.speed, options=voice.options)
        clip = (await engine.synthesize(wish)).clip
        shout = levels((await engine.synthesize(replace(wish, text="NO NO NO, OH MY GOD!"))).clip)
        assert shout.clipped_ratio == 0
        assert shout.peak_dbfs < -2.0, profile.character
        assert -26 < levels(clip).active_dbfs < -20, profile.character
        spoken[profile.character] = (_pitch_hz(clip), clip.duration_ms, _timbre_db(clip))
    names = list(spoken)
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            pitch = abs(12 * np.log2(spoken[one][0] / spoken[other][0]))
            tempo = abs(np.log2(spoken[one][1] / spoken[other][1])) * 12
            timbre = float(np.sqrt(np.mean((spoken[one][2] - spoken[other][2]) ** 2)))
            assert pitch + tempo + 2 * timbre > 6, (one, other, pitch, tempo, timbre)


async def test_a_killed_child_is_replaced_without_a_word(engine: EspeakEngine) -> None:
    first = await engine.synthesize(LINE)
    before = engine.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert _equal(first, await engine.synthesize(LINE))
    assert engine.pid not in {None, before}
    assert not psutil.pid_exists(before)


async def test_a_line_that_dies_takes_no_other_along(engine: EspeakEngine) -> None:
    await engine.synthesize(LINE)
    child = psutil.Process(engine.pid)
    psutil.wait_procs(child.children(), timeout=5)  # the first line's fork may still be on its way out
    long = replace(LINE, text="Over and over. " * 300)
    outcome: list[str] = []

    async def spared() -> None:
        assert not levels((await engine.synthesize(LINE)).clip).silent
        outcome.append("heard")

    async def doomed() -> None:
        with pytest.raises(ProviderDown, match="stopped while it spoke"):
            await engine.synthesize(long)
        outcome.append("ended")

    async with anyio.create_task_group() as group:
        group.start_soon(doomed)
        with anyio.fail_after(30):
            while not (forks := child.children()):
                await anyio.lowlevel.checkpoint()
        group.start_soon(spared)
        await anyio.lowlevel.checkpoint()
        forks[0].kill()
    assert set(outcome) == {"ended", "heard"}
    assert engine.pid == child.pid
    assert not levels((await engine.synthesize(LINE)).clip).silent


def test_a_child_that_hangs_is_given_up_and_found_again() -> None:
    process = SpeakingProcess(Path(espeakng_loader.get_library_path()), Path(espeakng_loader.get_data_path()))
    order = {"text": "Go.", "voice": "en-us", "rate_wpm": 160, "pitch": 50, "pitch_range": 50, "volume": 50}
    try:
        first = process.speak(order, 30)
        child = psutil.Process(process.pid)
        child.suspend()
        with pytest.raises(ProviderDown, match="took too long"):
            process.speak(order, 0.2)
        child.resume()
        assert process.speak(order, 30) == first
        assert process.pid == child.pid
    finally:
        process.close()


async def test_a_cancelled_line_returns_at_once(engine: EspeakEngine) -> None:
    await engine.synthesize(LINE)
    child = psutil.Process(engine.pid)
    child.suspend()
    try:
        with anyio.fail_after(10), anyio.move_on_after(0.05) as scope:
            await engine.synthesize(LINE)
        assert scope.cancelled_caught
    finally:
        child.resume()
    assert not levels((await engine.synthesize(LINE)).clip).silent


async def test_no_fork_stays_behind(engine: EspeakEngine) -> None:
    for _ in range(5):
        await engine.synthesize(LINE)
    child = psutil.Process(engine.pid)
    _, alive = psutil.wait_procs(child.children(), timeout=2)
    assert not alive
    assert child.children() == []


async def test_the_child_hears_no_ctrl_c_and_no_secret(
    engine: EspeakEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", "sk_not_for_the_child")
    await engine.synthesize(LINE)
    assert engine.pid is not None
    assert os.getsid(engine.pid) == engine.pid != os.getsid(0)
    os.kill(engine.pid, signal.SIGINT)
    before = engine.pid
    await engine.synthesize(LINE)
    assert engine.pid == before
    assert "sk_not_for_the_child" not in str(psutil.Process(engine.pid).environ())


async def test_the_child_carries_nothing_of_the_studio(engine: EspeakEngine) -> None:
    await engine.synthesize(LINE)
    if sys.platform != "linux":
        return
    loaded = await anyio.Path(f"/proc/{engine.pid}/maps").read_text()
    ours = await anyio.Path("/proc/self/maps").read_text()
    assert "libespeak-ng" in loaded
    assert not [name for name in ("numpy", "streamlit", "pydantic", "soundfile") if name in loaded]
    assert "libespeak-ng" not in ours, "the GPL library stays in its process"


def test_the_child_ends_with_a_studio_that_is_killed() -> None:
    program = (
        "import anyio, sys\n"
        "from viraltracker.speech import SpeechRequest\n"
        "from viraltracker.speech.espeak import EspeakEngine\n"
        "async def main():\n"
        "    engine = EspeakEngine()\n"
        "    await engine.synthesize(SpeechRequest(text='Go.', voice='en-us'))\n"
        "    print(engine.pid, flush=True)\n"
        "    sys.stdin.read()\n"
        "anyio.run(main)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as studio:
        assert studio.stdout is not None
        child = psutil.Process(int(studio.stdout.readline()))
        studio.kill()
        studio.wait()
        _, alive = psutil.wait_procs([child], timeout=5)
    assert not alive


async def test_a_closed_engine_says_so(engine: EspeakEngine) -> None:
    await engine.synthesize(LINE)
    await engine.aclose()
    assert engine.pid is None
    with pytest.raises(ProviderDown, match="was ended"):
        await engine.synthesize(LINE)
    assert not (await engine.health()).ready
