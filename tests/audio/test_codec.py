"""Bytes in, bytes out: what is audio comes back the same, what is not is refused with a reason."""

import io
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from viraltracker.audio import (
    Clip,
    ClipReader,
    decode,
    encode_flac,
    encode_wav,
    from_pcm16,
    to_pcm16,
)
from viraltracker.errors import BadAudio, DiskFull

RATE_HZ = 44_100
TONE = (0.5 * np.sin(np.arange(RATE_HZ) * 0.06)).astype(np.float32)
MEDIA = {"WAV": "audio/wav", "FLAC": "audio/flac", "OGG": "audio/ogg", "MP3": "audio/mpeg"}


def file_of(container: str, samples: np.ndarray = TONE, rate_hz: int = RATE_HZ, **options: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate_hz, format=container, **options)
    return out.getvalue()


def wav_with(offset: int, layout: str, value: int | float) -> bytes:
    wav = bytearray(file_of("WAV"))
    struct.pack_into(layout, wav, offset, value)
    return bytes(wav)


@pytest.mark.parametrize("container", MEDIA)
def test_every_container_is_read(container: str) -> None:
    clip = decode(file_of(container), MEDIA[container])
    assert (clip.rate_hz, clip.length) == (RATE_HZ, RATE_HZ)
    assert clip.samples.dtype == np.float32
    assert np.corrcoef(clip.samples[4000:-4000], TONE[4000:-4000])[0, 1] > 0.99


def test_channels_are_mixed_down_by_their_mean() -> None:
    clip = decode(file_of("FLAC", np.stack([TONE, np.zeros_like(TONE)], axis=1)))
    assert np.abs(clip.samples - TONE / 2).max() < 1e-4


@given(arrays(np.int16, st.integers(1, 400)))
def test_16_bit_samples_survive_a_round_trip(samples: np.ndarray) -> None:
    clip = from_pcm16(samples.astype("<i2").tobytes(), 22_050)
    assert np.array_equal(to_pcm16(clip.samples), samples)
    for encode in (encode_flac, encode_wav):
        assert np.array_equal(decode(encode(clip)).samples, clip.samples)


@given(arrays(np.float32, st.integers(1, 200), elements=st.floats(-3, 3, width=32)))
def test_encoding_rounds_and_holds_what_passes_full_scale(samples: np.ndarray) -> None:
    kept = decode(encode_flac(Clip(samples, RATE_HZ))).samples
    held = np.clip(samples, -1, 32767 / 32768)
    assert np.abs(kept - held).max() <= 0.5 / 32768 + 1e-7


@pytest.mark.parametrize("container", MEDIA)
@pytest.mark.parametrize("keep", [0.02, 0.4, 0.75, 0.97])
def test_a_cut_off_file_is_refused(container: str, keep: float) -> None:
    whole = file_of(container)
    with pytest.raises(BadAudio, match=r"cut off|damaged"):
        decode(whole[: int(len(whole) * keep)])


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "no bytes"),
        (b"<html>try later</html>", "no WAV, FLAC, MP3 or OGG"),
        (bytes(5000), "no WAV, FLAC, MP3 or OGG"),
        (file_of("WAV", TONE[:0]), "no sound"),
        (wav_with(40, "<I", 0), "no sound"),
        (wav_with(40, "<I", 10 * 3600 * RATE_HZ * 2), "cut off"),
        (wav_with(24, "<I", 0), "damaged"),
        (wav_with(24, "<I", 1 << 28), "268435456 Hz"),
        (wav_with(24, "<I", 100), "100 Hz"),
        (file_of("WAV", np.zeros((50, 64), dtype=np.float32)), "64 channels"),
        (wav_with(22, "<H", 0), "damaged"),
        (file_of("WAV", np.array([0.1, np.nan], dtype=np.float32), subtype="FLOAT"), "no numbers"),
        (file_of("WAV", np.array([0.1, np.inf], dtype=np.float32), subtype="FLOAT"), "no numbers"),
        (file_of("WAV", np.array([0.1, 1e30], dtype=np.float32), subtype="FLOAT"), "beyond full scale"),
    ],
)
def test_what_is_no_usable_audio_is_refused_with_a_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(BadAudio, match=reason):
        decode(payload, "audio/wav\n\x1b[31m")


def test_a_flac_that_promises_ten_hours_is_refused_without_room_for_them() -> None:
    flac = bytearray(file_of("FLAC"))
    facts = int.from_bytes(flac[18:26], "big")
    flac[18:26] = ((facts >> 36 << 36) | 10 * 3600 * RATE_HZ).to_bytes(8, "big")
    with pytest.raises(BadAudio, match=r"damaged|cut off"):
        decode(bytes(flac))


def test_silence_squeezed_into_a_small_file_is_refused_when_too_long() -> None:
    bomb = file_of("FLAC", np.zeros(31 * 60 * 8000, dtype=np.int16), 8000)
    assert len(bomb) < 200_000
    with pytest.raises(BadAudio, match="longer than 30 minutes"):
        decode(bomb)


def test_a_wav_written_to_a_pipe_is_read_to_its_end() -> None:
    assert decode(wav_with(40, "<I", 0xFFFF_FFFF)).length == RATE_HZ


@pytest.mark.parametrize("tail", [bytes(300), b"TAG" + bytes(125), b"APETAGEX" + bytes(60)])
def test_an_mp3_may_end_in_a_tag_or_zeros_but_not_in_junk(tail: bytes) -> None:
    mp3 = file_of("MP3")
    assert decode(b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + mp3 + tail).length == RATE_HZ
    with pytest.raises(BadAudio, match="broken"):
        decode(mp3 + b"junk" + tail)


@given(st.data())
def test_damage_is_read_or_refused_but_never_anything_else(data: st.DataObject) -> None:
    payload = bytearray(file_of(data.draw(st.sampled_from(["WAV", "FLAC", "OGG", "MP3"])), TONE[:3000]))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        clip = decode(bytes(payload[: data.draw(st.integers(0, len(payload)))]))
    except BadAudio:
        return
    assert clip.length > 0
    assert np.isfinite(clip.samples).all()


@given(st.binary(max_size=300))
def test_random_bytes_never_crash_the_decoder(payload: bytes) -> None:
    for magic in (b"", b"RIFF\x00\x00\x00\x00WAVE", b"fLaC", b"OggS"):
        with pytest.raises(BadAudio):
            decode(magic + payload)


@pytest.mark.parametrize("bad", [np.zeros(0, dtype=np.float32), np.array([np.nan], dtype=np.float32)])
def test_nothing_unusable_is_encoded(bad: np.ndarray) -> None:
    with pytest.raises(BadAudio):
        encode_flac(Clip(bad, RATE_HZ))


@pytest.mark.parametrize("encode", [encode_flac, encode_wav])
def test_a_folder_for_temporary_files_that_is_gone_is_said(
    encode: Callable[[Clip], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(DiskFull, match="temporary files"):
        encode(Clip(np.zeros(100, dtype=np.float32), 44_100))


@pytest.mark.parametrize("payload", [b"", b"\x01\x02\x03"])
def test_raw_samples_must_be_whole(payload: bytes) -> None:
    with pytest.raises(BadAudio):
        from_pcm16(payload, RATE_HZ)


def test_a_reader_gives_any_stretch_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "9f86d081884c7d659a2feaa0c55ad015"
    path.write_bytes(encode_flac(Clip(TONE, RATE_HZ)))
    with ClipReader(path) as reader:
        assert (reader.length, reader.rate_hz) == (RATE_HZ, RATE_HZ)
        for start, count in [(0, 100), (100, 5000), (40_000, 4100), (17, 3)]:
            assert np.abs(reader.read(start, count) - TONE[start : start + count]).max() < 1e-4
        with pytest.raises(BadAudio, match="ends early"):
            reader.read(44_000, 200)


def test_a_reader_refuses_what_is_missing_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(BadAudio, match="can't be opened"):
        ClipReader(tmp_path / "gone")
    path = tmp_path / "flipped"
    payload = bytearray(encode_flac(Clip(TONE, RATE_HZ)))
    payload[len(payload) // 2] ^= 0xFF
    path.write_bytes(payload)
    with pytest.raises(BadAudio, match="damaged"), ClipReader(path) as reader:
        reader.read(0, RATE_HZ)
