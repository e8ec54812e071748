"""Finding ffmpeg, and what is said when it is missing, broken, full or hanging."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from tests.episode.conftest import ENCODERS
from viraltracker.episode import Encoder, find_encoder
from viraltracker.episode.encoder import Encoding
from viraltracker.episode.mp3 import mp3_arguments
from viraltracker.errors import DiskFull, EncoderFailed

SOUND = np.zeros(500_000, dtype="<f4")


def program(path: Path, body: str) -> Encoder:
    """A stand-in for ffmpeg: what it is called with and what it answers is all that matters."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Encoder(path)


def go_on() -> None:
    pass


def encode(encoder: Encoder, out: Path) -> None:
    with Encoding(encoder, mp3_arguments(out, channels=1, kbits=128), "encode the episode") as encoding:
        encoding.write(SOUND.data, go_on)
        encoding.finish(go_on)


def test_the_setting_comes_first_then_path_then_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_one = program(tmp_path / "my ffmpeg", "exit 0")
    assert find_encoder(str(set_one.path)) == set_one
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_encoder().path == Path(ENCODERS["wheel"])
    on_path = program(tmp_path / "bin" / "ffmpeg", "exit 0")
    assert find_encoder() == on_path
    assert find_encoder(str(set_one.path)) == set_one


@pytest.mark.parametrize("setting", ["/no/such/ffmpeg", "no-such-ffmpeg; rm -rf /", "concat:a|b", "-i"])
def test_a_setting_that_is_no_program_is_refused(setting: str) -> None:
    with pytest.raises(EncoderFailed, match="is not a program"):
        find_encoder(setting)


def test_the_version_is_what_ffmpeg_says(any_encoder: Encoder) -> None:
    assert any_encoder.version[0].isalnum()
    assert " " not in any_encoder.version


@pytest.mark.parametrize("body", ["exit 1", "echo hello"])
def test_what_is_not_ffmpeg_says_so(tmp_path: Path, body: str) -> None:
    encoder = program(tmp_path / "ffmpeg", body)
    if body == "exit 1":
        with pytest.raises(EncoderFailed, match="doesn't run as ffmpeg"):
            _ = encoder.version
    else:
        assert encoder.version == "unknown"


@pytest.mark.parametrize(
    ("last_words", "error", "words"),
    [
        ("Unknown encoder 'libmp3lame'", EncoderFailed, "without the MP3 encoder"),
        ("file:/x: Permission denied", EncoderFailed, "Choose another folder"),
        ("av_write: No space left on device", DiskFull, "The disk is full"),
        ("[out#0/mp3 @ 0x55d1] Oh no.", EncoderFailed, "could not encode the episode: Oh no.$"),
        ("something new", EncoderFailed, "could not encode the episode: something new."),
        ("\x1b[31mred", EncoderFailed, "could not encode the episode: \\[31mred."),
        ("", EncoderFailed, "stopped without a word"),
    ],
)
@pytest.mark.parametrize("reads", ["", "cat > /dev/null;"])
def test_ffmpegs_last_line_becomes_words(
    tmp_path: Path, last_words: str, error: type[Exception], words: str, reads: str
) -> None:
    (tmp_path / "said").write_text(f"some chatter\n{last_words}\n" if last_words else "")
    encoder = program(tmp_path / "ffmpeg", f"{reads} cat '{tmp_path}/said' >&2; exit 3")
    with pytest.raises(error, match=words):
        encode(encoder, tmp_path / "out.mp3")


def test_a_program_that_can_not_be_started_is_named(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_text("no program")
    with pytest.raises(EncoderFailed, match="could not be started"):
        encode(Encoder(tmp_path / "ffmpeg"), tmp_path / "out.mp3")


def test_a_hanging_ffmpeg_is_left_as_soon_as_the_work_is_cancelled(tmp_path: Path) -> None:
    encoder = program(tmp_path / "ffmpeg", f"echo $$ > '{tmp_path}/pid'; exec sleep 1000")
    seen = 0

    def cancelled() -> None:
        nonlocal seen
        seen += (tmp_path / "pid").exists()
        if seen > 4:
            raise KeyboardInterrupt

    arguments = mp3_arguments(tmp_path / "out.mp3", channels=1, kbits=128)
    with pytest.raises(KeyboardInterrupt), Encoding(encoder, arguments, "encode") as encoding:
        encoding.write(np.zeros(10_000_000, dtype="<f4").data, cancelled)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    "name",
    [
        "a;b $(touch pwned) `x`.mp3",
        "-i concat:x|y.mp3",
        "http:%2f%2fx.mp3",
        "%03d.mp3",
        "ü'\"\\ .mp3",
        "a\nb",
    ],
)
def test_hostile_names_are_only_names(any_encoder: Encoder, tmp_path: Path, name: str) -> None:
    out = tmp_path / "file:x" / name
    out.parent.mkdir()
    encode(any_encoder, out)
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["file:x", name])
    assert out.stat().st_size > 1000
