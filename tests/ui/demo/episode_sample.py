"""The mock-up's episode page."""

import base64
import math

from tests.ui.demo.sample import CAST, ident
from viraltracker.ui.views import (
    Action,
    Card,
    Cell,
    ClipBox,
    Column,
    Lane,
    Loudness,
    Row,
    Sheet,
    TimelineView,
    Tone,
)

LENGTH_MS = 130_000
PLACES = {
    "fed": ((1, 0.0, 9), (7, 27, 7), (15, 61, 11), (41, 90, 9.5)),
    "wojak": ((2, 9.4, 8), (9, 35, 6), (17, 72.5, 6)),
    "boomer": ((3, 18, 8.5), (12, 47, 13)),
    "whale": ((10, 41.5, 5), (19, 79, 5)),
    "every-coon": ((40, 84.5, 5),),
}


def _peaks(bins: int = 4000) -> str:
    spoken = [place[1:] for places in PLACES.values() for place in places]
    values = []
    for index in range(bins):
        at = index / bins * 100
        loud = any(start + 0.3 <= at <= start + width - 0.3 for start, width in spoken)
        wave = (
            abs(math.sin(index * 0.61))
            * (0.6 + 0.4 * math.sin(index / 17))
            * (0.7 + 0.3 * math.sin(index * 7.7))
        )
        values.append(round(230 * max(0.02, wave if loud else 0.01)))
    return base64.b64encode(bytes(values)).decode()


def timeline_view() -> TimelineView:
    """Two minutes of the mock-up's episode, with a tone as its exported file."""
    lanes = tuple(
        Lane(
            who,
            tuple(
                ClipBox(
                    ident(f"{n:02d}"),
                    f"{n:02d}",
                    "Fog Rolls In",
                    round(start * 1300),
                    round((start + width) * 1300),
                )
                for n, start, width in places
            ),
        )
        for who, places in PLACES.items()
    )
    curve = tuple(
        None
        if 48 < index < 51
        else -16 + 3 * math.sin(index * 1.9) * math.sin(index / 7) + 1.5 * math.sin(index * 5.3)
        for index in range(LENGTH_MS // 1000)
    )
    return TimelineView(
        LENGTH_MS,
        lanes,
        CAST,
        _peaks(),
        Loudness(curve, 1000, -16.0, "-16 LUFS"),
        f"/demo/tone/330-{LENGTH_MS}.wav",
    )


def _facts(name: str, value: str, tone: Tone | None = None) -> Row:
    return Row(name, (Cell(name), Cell(value, tone=tone)))


TWO = (Column(), Column(kind="number"))
GET = "/demo/tone/330-1000.wav"
SHEET = Sheet(
    (
        Card(
            "master",
            "Master",
            TWO,
            (
                _facts("Preset", "Podcast stereo"),
                _facts("Integrated", "-16.0 LUFS", "picked"),
                _facts("True peak, after MP3", "-1.4 dBTP", "picked"),
                _facts("Range", "5.2 LU"),
                _facts("Limiter worked on", "0.4 % · max 1.1 dB"),
            ),
        ),
        Card(
            "deliver",
            "Deliver",
            TWO,
            (
                _facts("MP3 128 kbit/s, chapters, cover", "11.9 MB"),
                _facts("WebVTT, transcript", "24 kB"),
                _facts("One file per beat (ZIP)", "14 MB"),
            ),
            (Action("add", "Add a format"),),
        ),
        Card(
            "receipts",
            "Receipts",
            (Column(kind="fit"), Column(), Column(kind="fit")),
            (
                Row("1", (Cell("09:14"), Cell("lighthouse-diaries-ep-3.mp3"), Cell("Get", href=GET))),
                Row("2", (Cell("Yesterday"), Cell("draft, 40 of 42 beats"), Cell("Get", href=GET))),
            ),
        ),
    )
)
