"""From takes to a finished MP3, judged on what it decodes to, by an outside decoder and an outside meter."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import anyio
import mutagen.id3
import numpy as np
import pytest

from tests.audio.judge import decoded, judged
from tests.audio.signals import speech_like
from tests.episode.conftest import Laid
from viraltracker.audio import EPISODE_RATE_HZ
from viraltracker.episode import MONO, STEREO, Encoder, Progress, Tags, Target, master
from viraltracker.errors import BadAudio, BadInput, DiskFull, EncoderFailed, NotFound

Lay = Callable[..., Laid]
TAGS = Tags("An episode", "A show")


def alone(out: Path) -> bool:
    """Nothing half-written is left beside the file."""
    return [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("target", [MONO, STEREO], ids=["mono", "stereo"])
async def test_a_file_meets_its_target_once_decoded(
    any_encoder: Encoder, laid: Lay, spoken: np.ndarray, tmp_path: Path, target: Target
) -> None:
    timeline, sources = laid(spoken[:400_000], None, spoken[400_000:], pauses_ms=(333, 900, 150))
    out = tmp_path / "out" / "episode.mp3"
    made = await master(timeline, sources, out, tags=TAGS, target=target, encoder=any_encoder)

    heard = decoded(out, target.channels)
    judge = judged(heard, EPISODE_RATE_HZ)
    assert judge.integrated_lufs == pytest.approx(target.integrated_lufs, abs=0.3)
    assert judge.true_peak_dbtp <= -1.0 + 0.1
    assert abs(len(heard) - timeline.length) <= 1152
    assert made.integrated_lufs == pytest.approx(judge.integrated_lufs, abs=0.1)
    assert made.true_peak_dbtp == pytest.approx(judge.true_peak_dbtp, abs=0.1)
    assert made.true_peak_dbtp <= -1.0
    assert made.loudness_range_lu == pytest.approx(judge.range_lu, abs=0.5)
    assert (made.samples, made.duration_ms) == (len(heard), timeline.duration_ms)
    assert made.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert made.size_bytes == out.stat().st_size
    assert made.notes == ()
    assert len(mutagen.id3.ID3(out).getall("CHAP")) == made.chapters == 3
    assert len(made.waveform) == 2000
    assert len(made.curve_lufs) == timeline.duration_ms // 1000 - 2
    assert alone(out)


async def test_pauses_are_where_the_timeline_has_them(laid: Lay, spoken: np.ndarray, tmp_path: Path) -> None:
    timeline, sources = laid(spoken[:200_000], spoken[200_000:300_000], pauses_ms=(700, 400))
    await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    heard = np.abs(decoded(tmp_path / "out" / "a.mp3"))
    gap = heard[200_000 + 2000 : timeline.clips[1].start - 2000]
    assert gap.max() < 1e-3
    assert heard[190_000:200_000].max() > 1e-3


async def test_the_same_episode_gives_the_same_bytes(laid: Lay, spoken: np.ndarray, tmp_path: Path) -> None:
    timeline, sources = laid(spoken[:200_000])
    first = await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    second = await master(timeline, sources, tmp_path / "out" / "b.mp3", tags=TAGS)
    assert first.sha256 == second.sha256


async def test_hot_and_peaky_takes_are_limited_and_still_on_target(laid: Lay, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    takes = [speech_like(EPISODE_RATE_HZ, 6, seed) for seed in range(3)]
    takes = [take / np.abs(take).max() + (rng.random(len(take)) < 2e-5) * 0.9 for take in takes]
    timeline, sources = laid(*(np.clip(take, -1, 1).astype(np.float32) for take in takes))
    made = await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    judge = judged(decoded(tmp_path / "out" / "a.mp3"), EPISODE_RATE_HZ)
    assert judge.integrated_lufs == pytest.approx(-19, abs=0.3)
    assert judge.true_peak_dbtp <= -0.9
    assert made.limiter_max_db > 1
    assert 0 < made.limiter_percent < 60


async def test_very_quiet_takes_are_raised_and_noted(laid: Lay, spoken: np.ndarray, tmp_path: Path) -> None:
    timeline, sources = laid((spoken * 0.01).astype(np.float32))
    made = await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    assert made.integrated_lufs == pytest.approx(-19, abs=0.3)
    assert any("very quiet" in note for note in made.notes)


async def test_a_click_that_stands_in_the_way_is_reported(
    laid: Lay, spoken: np.ndarray, tmp_path: Path
) -> None:
    clicked = (spoken * 0.003).astype(np.float32)
    clicked[100_000] = 0.9
    timeline, sources = laid(clicked)
    made = await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    assert made.integrated_lufs < -19.3
    assert made.true_peak_dbtp <= -1
    assert any("instead of -19" in note for note in made.notes)
    assert made.attempts == 1


async def test_progress_only_goes_forward(laid: Lay, spoken: np.ndarray, tmp_path: Path) -> None:
    timeline, sources = laid(spoken, spoken)
    seen: list[Progress] = []
    await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS, report=seen.append)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert seen[-1].done == 1.0
    assert [p.stage for p in seen] == sorted(
        (p.stage for p in seen), key=["measuring", "encoding", "checking"].index
    )
    assert len({p.stage for p in seen}) == 3


@pytest.mark.parametrize("stage", ["measuring", "encoding", "checking"])
async def test_a_cancelled_export_leaves_the_old_file_and_nothing_else(
    laid: Lay, spoken: np.ndarray, tmp_path: Path, stage: str
) -> None:
    timeline, sources = laid(*[spoken] * 4)
    out = tmp_path / "out" / "a.mp3"
    out.parent.mkdir()
    out.write_bytes(b"the old one")
    with anyio.CancelScope() as scope:

        def stop(progress: Progress) -> None:
            if progress.stage == stage:
                scope.cancel()

        await master(timeline, sources, out, tags=TAGS, report=stop)
    assert scope.cancelled_caught
    assert out.read_bytes() == b"the old one"
    assert alone(out)


async def test_a_failing_ffmpeg_leaves_the_old_file_and_nothing_else(
    laid: Lay, spoken: np.ndarray, tmp_path: Path
) -> None:
    timeline, sources = laid(spoken)
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    out = tmp_path / "out" / "a.mp3"
    out.parent.mkdir()
    out.write_bytes(b"the old one")
    with pytest.raises(DiskFull):
        await master(timeline, sources, out, tags=TAGS, encoder=Encoder(tmp_path / "ffmpeg"))
    assert out.read_bytes() == b"the old one"
    assert alone(out)


async def test_an_ffmpeg_that_loses_sound_is_not_believed(
    any_encoder: Encoder, laid: Lay, spoken: np.ndarray, tmp_path: Path
) -> None:
    timeline, sources = laid(spoken)
    script = f'#!/bin/sh\nhead -c 1000000 | "{any_encoder.path}" "$@"\ncat > /dev/null\n'
    (tmp_path / "ffmpeg").write_text(script)
    (tmp_path / "ffmpeg").chmod(0o755)
    with pytest.raises(EncoderFailed, match=r"2500\d\d samples instead of"):
        await master(
            timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS, encoder=Encoder(tmp_path / "ffmpeg")
        )


async def test_silence_is_refused_with_clear_words(laid: Lay, tmp_path: Path) -> None:
    timeline, sources = laid(np.zeros(50_000, dtype=np.float32), None)
    with pytest.raises(BadAudio, match="nothing to hear"):
        await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    timeline, sources = laid(None)
    with pytest.raises(BadAudio, match="nothing to hear"):
        await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    assert not list((tmp_path / "out").iterdir())


async def test_an_empty_episode_is_refused_before_anything_is_touched(laid: Lay, tmp_path: Path) -> None:
    timeline, sources = laid()
    with pytest.raises(BadInput, match="empty"):
        await master(timeline, sources, tmp_path / "out" / "a.mp3", tags=TAGS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target(kbits=100), "100 kbit/s"),
        (Target(integrated_lufs=0.0), "0 LUFS"),
        (Target(integrated_lufs=float("nan")), "nan LUFS"),
        (Target(ceiling_dbtp=3.0), "3 dBTP"),
    ],
)
async def test_targets_that_make_no_file_are_refused(
    laid: Lay, spoken: np.ndarray, tmp_path: Path, target: Target, words: str
) -> None:
    timeline, sources = laid(spoken)
    with pytest.raises(BadInput, match=words):
        await master(timeline, sources, tmp_path / "a.mp3", tags=TAGS, target=target)


async def test_bad_sources_and_covers_are_refused(laid: Lay, spoken: np.ndarray, tmp_path: Path) -> None:
    timeline, sources = laid(spoken, spoken)
    out = tmp_path / "out" / "a.mp3"
    with pytest.raises(BadInput, match="neither a JPEG"):
        await master(timeline, sources, out, tags=Tags("x", cover=b"<svg/>"))
    damaged = bytearray(sources["01_beat"].read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    sources["01_beat"].write_bytes(damaged)
    with pytest.raises(BadAudio, match="damaged"):
        await master(timeline, sources, out, tags=TAGS)
    del sources["00_beat"]
    with pytest.raises(NotFound):
        await master(timeline, sources, out, tags=TAGS)
    assert not list(out.parent.iterdir())


async def test_a_folder_that_can_not_be_written_is_named(
    laid: Lay, spoken: np.ndarray, tmp_path: Path
) -> None:
    timeline, sources = laid(spoken)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EncoderFailed, match=r"a.mp3 can't be written to .*file"):
        await master(timeline, sources, tmp_path / "file" / "a.mp3", tags=TAGS)
