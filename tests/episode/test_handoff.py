"""The editors' ZIP holds every take, exactly, and says what is what."""

import hashlib
import json
import zipfile
from pathlib import Path

import anyio
import numpy as np
import pytest

from viraltracker.audio import EPISODE_RATE_HZ, Clip, decode, encode_flac
from viraltracker.episode import (
    Codec,
    Encoder,
    HandOffBeat,
    Progress,
    archive_name,
    hand_off,
)
from viraltracker.errors import BadAudio, BadInput


def beats_of(folder: Path, samples: np.ndarray, count: int) -> list[HandOffBeat]:
    """Takes of unlike lengths cut from one sound, and a silent beat in between."""
    beats = []
    for number in range(count):
        take = samples[number * 1000 : number * 1000 + 30_000 + 777 * number]
        path = folder / f"{number:064x}"
        path.write_bytes(encode_flac(Clip(take, EPISODE_RATE_HZ)))
        settings = {"speed": 1.0, "engine": "tone"}
        beats.append(
            HandOffBeat(f"{number:02d}_beat", number, "Name", ("fed", "moth"), "Text", 300, path, 2, settings)
        )
    beats.insert(1, HandOffBeat("rest", 99, "Rest", (), "", 900, None))
    return beats


def nothing_in(folder: Path) -> bool:
    return not list(folder.iterdir())


async def test_every_beat_is_a_file_of_its_takes_length_and_level(
    any_encoder: Encoder, spoken: np.ndarray, tmp_path: Path
) -> None:
    beats = beats_of(tmp_path, spoken, 60)
    out = tmp_path / "out" / archive_name("My Show: One")
    made = await hand_off("My Show: One", "Project", beats, out, encoder=any_encoder)
    assert out.name == "My_Show_One_audio.zip"
    assert (made.files, made.sha256) == (60, hashlib.sha256(out.read_bytes()).hexdigest())
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        for beat in (beats[0], beats[30], beats[-1]):
            assert beat.audio is not None
            take, heard = decode(beat.audio.read_bytes()), decode(archive.read(f"{beat.id}.mp3"))
            assert abs(heard.length - take.length) <= 47
            now, was = heard.samples[: take.length], take.samples
            assert np.corrcoef(now, was)[0, 1] > 0.99
            assert np.square(now).mean() == pytest.approx(np.square(was).mean(), rel=0.025)  # 0.1 dB
    assert names == [f"{beat.id}.mp3" for beat in beats if beat.audio] + ["manifest.json"]
    assert [entry["id"] for entry in manifest["beats"]] == [beat.id for beat in beats]


@pytest.mark.parametrize("codec", ["mp3", "flac", "wav"])
async def test_the_manifest_says_what_is_what(spoken: np.ndarray, tmp_path: Path, codec: Codec) -> None:
    beats = beats_of(tmp_path, spoken, 1)
    out = tmp_path / "a.zip"
    await hand_off("Title", "Project", beats, out, codec=codec)
    with zipfile.ZipFile(out) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        payload = archive.read(f"00_beat.{codec}")
    assert {key: manifest[key] for key in ("title", "project", "codec", "rate_hz")} == {
        "title": "Title",
        "project": "Project",
        "codec": codec,
        "rate_hz": 44_100,
    }
    assert manifest["beats"][0] == {
        "id": "00_beat",
        "number": 0,
        "name": "Name",
        "character": "fed, moth",
        "characters": ["fed", "moth"],
        "text": "Text",
        "trailing_pause_ms": 300,
        "take": 2,
        "settings": {"speed": 1.0, "engine": "tone"},
        "file": f"00_beat.{codec}",
        "duration_ms": 680,
        "sha256": hashlib.sha256(payload).hexdigest(),
    }
    assert manifest["beats"][1]["file"] is None
    if codec != "mp3":
        assert beats[0].audio is not None
        assert np.array_equal(decode(payload).samples, decode(beats[0].audio.read_bytes()).samples)


async def test_the_same_takes_give_the_same_bytes(spoken: np.ndarray, tmp_path: Path) -> None:
    beats = beats_of(tmp_path, spoken, 3)
    first = await hand_off("T", "P", beats, tmp_path / "a.zip")
    second = await hand_off("T", "P", beats, tmp_path / "b.zip")
    assert first.sha256 == second.sha256


async def test_nothing_spoken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to hand over"):
        await hand_off("T", "P", [HandOffBeat("rest", 1, "", (), "", 900, None)], tmp_path / "a.zip")
    assert nothing_in(tmp_path)


async def test_damaged_and_foreign_takes_are_refused(spoken: np.ndarray, tmp_path: Path) -> None:
    (beat, *_) = beats_of(tmp_path, spoken, 1)
    assert beat.audio is not None
    whole = beat.audio.read_bytes()
    beat.audio.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadAudio):
        await hand_off("T", "P", [beat], tmp_path / "out" / "a.zip")
    beat.audio.write_bytes(encode_flac(Clip(spoken, 24_000)))
    with pytest.raises(BadAudio, match="24000 Hz"):
        await hand_off("T", "P", [beat], tmp_path / "out" / "a.zip")
    with pytest.raises(BadInput, match="100 kbit/s"):
        await hand_off("T", "P", [beat], tmp_path / "out" / "a.zip", kbits=100)
    assert nothing_in(tmp_path / "out")


async def test_a_cancelled_hand_off_leaves_nothing(spoken: np.ndarray, tmp_path: Path) -> None:
    beats = beats_of(tmp_path, spoken, 60)
    seen: list[Progress] = []
    with anyio.CancelScope() as scope:

        def stop(progress: Progress) -> None:
            seen.append(progress)
            scope.cancel()

        await hand_off("T", "P", beats, tmp_path / "out" / "a.zip", report=stop)
    assert scope.cancelled_caught
    assert len(seen) == 1
    assert nothing_in(tmp_path / "out")
