"""The ffmpeg command line that turns samples on a pipe into an MP3 with tags, chapters and a cover."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import ffmpeg

from viraltracker.audio import EPISODE_RATE_HZ
from viraltracker.episode.cover import cover_format
from viraltracker.episode.encoder import ALWAYS
from viraltracker.episode.model import Chapter, Tags
from viraltracker.episode.tagging import PADDING_BYTES, ffmetadata

__all__ = ["lame_drop_db", "mp3_arguments", "split_arguments"]


def lame_drop_db(kbits: int) -> float:
    """What LAME takes off the level at a constant bit rate: measured by decoding, the same in 5.1 and 9.0.

    It scales by 0.95 up to 160 kbit/s and by less above; no ffmpeg option reaches it, so it is undone before.
    """
    return 0.446 if kbits <= 160 else 0.270 if kbits <= 192 else 0.185 if kbits <= 224 else 0.015


def mp3_arguments(
    out: Path, *, channels: int, kbits: int, tags: Tags | None = None, chapters: Sequence[Chapter] = ()
) -> list[str]:
    """Arguments for one encode: float32 samples on standard input, an MP3 at `out`.

    With tags, their text and the cover are laid beside `out`: the folder must be the caller's own. MP3 goes
    to a file, never a pipe: the header with its exact length is written last.
    """
    options = _options(kbits)
    streams = [_samples(channels)]
    if tags is not None:
        text = out.with_name("tags.txt")
        text.write_text(ffmetadata(tags, chapters), encoding="utf-8", newline="\n")
        about = ffmpeg.input(f"file:{text.absolute()}", f="ffmetadata", protocol_whitelist="file")
        # An input without streams is only kept in the command line when an output maps it, if optionally.
        streams.append(about["a?"])
        options |= {"map_metadata": 1, "map_chapters": 1, "metadata_header_padding": PADDING_BYTES}
        if tags.cover is not None:
            picture = out.with_name("cover")
            picture.write_bytes(tags.cover)
            streams.append(
                ffmpeg.input(
                    f"file:{picture.absolute()}", f=cover_format(tags.cover), protocol_whitelist="file"
                )["v"]
            )
            options |= {
                "c:v": "copy",
                "disposition:v": "attached_pic",
                "metadata:s:v": "comment=Cover (front)",
            }
    command = ffmpeg.output(*streams, f"file:{out.absolute()}", **options)
    return [*ALWAYS, *ffmpeg.get_args(command)]


def split_arguments(outs: Sequence[Path], lengths: Sequence[int], *, kbits: int) -> list[str]:
    """Arguments that cut mono samples on standard input into one MP3 after the other, each `lengths[i]` long.

    One process instead of one for each beat: starting them would take longer than encoding.
    """
    parts = [_samples(1)]
    if len(outs) > 1:
        ends = "|".join(str(end) for end in list(accumulate(lengths))[:-1])
        cut = parts[0].filter_multi_output("asegment", samples=ends)
        parts = [cut[number] for number in range(len(outs))]
    made = [
        ffmpeg.output(part, f"file:{out.absolute()}", **_options(kbits))
        for part, out in zip(parts, outs, strict=True)
    ]
    return [*ALWAYS, *ffmpeg.get_args(ffmpeg.merge_outputs(*made))]


def _samples(channels: int) -> Any:
    return ffmpeg.input("pipe:0", f="f32le", ar=EPISODE_RATE_HZ, ac=channels, protocol_whitelist="pipe")["a"]


def _options(kbits: int) -> dict[str, object]:
    return {
        "f": "mp3",
        "c:a": "libmp3lame",
        "b:a": f"{kbits}k",
        "id3v2_version": 3,
        "map_metadata": -1,
        "map_chapters": -1,
        "protocol_whitelist": "file",
    }
