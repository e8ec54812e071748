"""Sample views: the seven beats of the mock-up, and boards of any size made from them."""

import base64
import math
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from viraltracker.ui.views import (
    Action,
    Badge,
    BeatLine,
    BoardView,
    CastColour,
    Filter,
    Knob,
    PaceStop,
    Problem,
    Progress,
    Revise,
    Span,
    SpanKind,
    TakeLine,
)

SESSION = UUID("7a9b1c52-0000-4000-8000-000000000003")
CAST = {
    "every-coon": CastColour("#5b6b7d", "#9db0c5"),
    "boomer": CastColour("#a8742a", "#dba95c"),
    "fed": CastColour("#4e5fa8", "#93a3ec"),
    "whale": CastColour("#16808f", "#5cc4d3"),
    "wojak": CastColour("#b5487e", "#ea86b8"),
    "chad": CastColour("#4f8a2c", "#92cf6a"),
}
PACES = {"slow": 0.75, "deliberate": 0.85, "normal": 1.0, "quick": 1.08, "fast": 1.15, "chaos": 1.2}
SPEEDS = {"every-coon": 1.0, "boomer": 0.85, "fed": 0.7, "whale": 0.95, "wojak": 1.1, "chad": 1.05}
CLEAN = Badge("clean", "picked")


def ident(name: str) -> UUID:
    """A steady id for a name."""
    return uuid5(SESSION, name)


def peaks(seed: int, bins: int = 160) -> str:
    """Something that looks like speech: bursts of syllables with pauses between them."""
    values = []
    for index in range(bins):
        phrase = max(0.0, math.sin(index / 11 + seed) + 0.55)
        syllable = 0.35 + 0.65 * abs(math.sin(index * (0.9 + seed % 3 * 0.17) + seed * 2.1))
        grain = 0.75 + 0.25 * math.sin(index * 12.9898 + seed * 78.233)
        values.append(min(255, round(150 * phrase * syllable * grain)))
    return base64.b64encode(bytes(values)).decode()


def stops(speed: float) -> tuple[PaceStop, ...]:
    """The pace slider of a voice."""
    found = []
    for name, factor in PACES.items():
        wanted = speed * factor
        held = min(1.2, max(0.7, wanted))
        words = f"speed {held:.2f}" + (f", held from {wanted:.2f}" if abs(held - wanted) > 0.004 else "")
        found.append(PaceStop(name, f"{name} ×{factor:.2f}", words))
    return tuple(found)


def take(name: str, number: int, clock: str, ms: int, seed: int, **facts: Any) -> TakeLine:
    """A take of the mock-up, sounding from the demo's own audio route."""
    line = TakeLine(
        ident(name),
        number,
        clock,
        ms,
        url=f"/demo/tone/{220 + seed * 20}-{ms}.wav",
        peaks=peaks(seed),
        lufs=-19.0 - seed % 4,
        badge=CLEAN,
    )
    return replace(line, **facts)


def _text(*pieces: str | tuple[SpanKind, str]) -> tuple[Span, ...]:
    return tuple(Span(piece) if isinstance(piece, str) else Span(piece[1], piece[0]) for piece in pieces)


REVISE = Revise(
    "New take · 38 chars · ~$0.01",
    direction="Rising panic, out of breath",
    pace="chaos",
    stability=Knob(0.30, "profile"),
    style=Knob(0.70, "tag"),
)


def picked_beat() -> BeatLine:
    """A row of the mock-up."""
    return BeatLine(
        ident("01"),
        "01",
        "fed",
        "Fog Rolls In",
        "picked",
        "picked",
        _text(
            "The harbour is closed.",
            ("pause", "150 ms"),
            "It has ",
            ("strong", "ALWAYS"),
            " been closed.",
        ),
        pace="deliberate",
        takes=(take("01-1", 1, "0:04.6", 4600, 3), take("01-2", 2, "0:04.1", 4100, 1, starred=True)),
        selected=ident("01-2"),
        more="1 more take · eleven_multilingual_v2 · 47 chars",
        revise=replace(REVISE, button="New take · 47 chars · ~$0.01", direction="", pace="deliberate"),
        pause_ms=300,
    )


def to_review_beat() -> BeatLine:
    """A row of the mock-up."""
    return BeatLine(
        ident("02"),
        "02",
        "wojak",
        "The Gull Objects",
        "review",
        "to review",
        _text("No no no, my ", ("light", "whole lunch"), " is out there!", ("pause", "1.2 s")),
        pace="chaos ×1.20",
        direction="Rising panic",
        takes=(
            take("02-1", 1, "0:03.2", 3200, 5),
            take(
                "02-2",
                2,
                "0:02.6",
                2600,
                6,
                badge=Badge("ending cut", "failed", ("ending cut: the sound stops at full level",)),
            ),
            take(
                "02-3",
                3,
                "0:02.8",
                2800,
                7,
                made="Take 3 made from take 1: style .60 → .70, pace fast → chaos",
            ),
        ),
        more="3 takes",
        revise=REVISE,
        starts_ms=10_000,
        pause_ms=1200,
    )


def stale_beat() -> BeatLine:
    """A row of the mock-up."""
    return BeatLine(
        ident("03"),
        "03",
        "boomer",
        "Back When Boats Were Boats",
        "stale",
        "stale · text changed",
        _text("In my day the fog had ", ("del", "manners"), " ", ("ins", "opinions"), ", and we listened."),
        pace="slow ×0.75",
        takes=(take("03-1", 1, "0:05.0", 5000, 9, stale=True, badge=Badge("old text", "stale")),),
        selected=ident("03-1"),
        revise=replace(REVISE, direction="", pace="slow"),
        starts_ms=14_000,
    )


def generating_beat() -> BeatLine:
    """A row of the mock-up."""
    return BeatLine(
        ident("04"),
        "04",
        "whale",
        "The Offer",
        "generating",
        "generating · 2 of 3",
        _text("I could buy the fog. I have bought worse.", ("pause", "dramatic 900 ms")),
        progress=Progress(0.62, "worker gpu-1 · csm/whale-v2 · about 4 s"),
        starts_ms=19_000,
    )


def failed_beat() -> BeatLine:
    """A row of the mock-up."""
    return BeatLine(
        ident("05"),
        "05",
        "chad",
        "Absolute Unit",
        "failed",
        "failed",
        _text("Bro, you can't ", ("strong", "BUY"), " weather. You can only bench it."),
        pace="fast ×1.15",
        problem=Problem(
            "ElevenLabs refused the voice “Chad 2” (not in your account).",
            (
                Action("voice", "Choose a voice for chad"),
                Action("espeak", "Use eSpeak for now", quiet=True),
            ),
        ),
        starts_ms=24_000,
    )


def locked_beat() -> BeatLine:
    """A row of the mock-up."""
    return BeatLine(
        ident("06"),
        "06",
        "every-coon",
        "Narrator Turns The Page",
        "locked",
        "locked",
        _text("And that, according to the minutes, was the meeting.", ("pause", "300 ms")),
        takes=(take("06-4", 4, "0:03.9", 3900, 12, starred=True),),
        selected=ident("06-4"),
        locked=True,
        starts_ms=28_000,
    )


def empty_beat() -> BeatLine:
    """A row of the mock-up."""
    return BeatLine(
        ident("07"),
        "07",
        "fed",
        "Form 12-F",
        "empty",
        "empty",
        _text("Fog is a permitted use, provided it is filed in triplicate."),
        generate="Generate · 58 chars · ~$0.01",
        starts_ms=32_000,
    )


def seven_beats() -> tuple[BeatLine, ...]:
    """The mock-up's rows."""
    return (
        picked_beat(),
        to_review_beat(),
        stale_beat(),
        generating_beat(),
        failed_beat(),
        locked_beat(),
        empty_beat(),
    )


def board_view(count: int = 7) -> BoardView:
    """The mock-up's board; more beats than seven repeat it under new names."""
    seven = seven_beats()
    rows = list(seven[:count])
    while len(rows) < count:
        index = len(rows)
        model = seven[index % 7]
        rows.append(
            replace(
                model,
                id=ident(f"row-{index}"),
                number=f"{index + 1:02d}",
                name=f"{model.name} ({index // 7 + 1})",
                takes=tuple(replace(one, id=ident(f"row-{index}-{one.number}")) for one in model.takes),
                selected=model.selected and ident(f"row-{index}-{model.takes[-1].number}"),
                starts_ms=index * 5000,
            )
        )
    return BoardView(
        SESSION,
        tuple(rows),
        filters=(
            Filter("all", f"All {count if count != 7 else 42}"),
            Filter("review", "5 to review", state="review"),
            Filter("stale", "3 stale", state="stale"),
            Filter("failed", "1 failed", state="failed"),
            Filter("empty", "2 empty", state="empty"),
            Filter("who-fed", "fed", who="fed"),
            Filter("who-wojak", "wojak", who="wojak"),
        ),
        cast=CAST,
        paces={name: stops(speed) for name, speed in SPEEDS.items()},
        progress=Progress(0.41, "7 of 17 · 0:48 left"),
        fill="Fill gaps and stale (5) · ~$0.09",
        best="Pick best (2)",
        undo="Pick of 01",
        total="12:40",
    )


def quick(view: BoardView) -> BoardView:
    """The same with takes a tenth as long, so that a test can hear them out."""
    return replace(
        view,
        beats=tuple(replace(row, takes=tuple(map(_short, row.takes)), pause_ms=50) for row in view.beats),
    )


def _short(line: TakeLine) -> TakeLine:
    ms = line.duration_ms // 10
    return replace(line, duration_ms=ms, url=f"/demo/tone/{220 + line.number * 20}-{ms}.wav")


def ended(view: BoardView) -> BoardView:
    """The same after a long rest: no link opens any more."""
    return replace(
        view,
        beats=tuple(
            replace(row, takes=tuple(replace(take, url="/demo/gone") for take in row.takes))
            for row in view.beats
        ),
    )


EVIL = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


def hostile(view: BoardView) -> BoardView:
    """The same where every text tries to be markup."""
    rows = tuple(
        replace(
            row,
            name=EVIL,
            who=EVIL,
            direction=EVIL,
            word=EVIL,
            note=EVIL,
            more=EVIL,
            text=(Span(EVIL), Span(EVIL, "strong"), Span(EVIL, "pause"), Span(EVIL, "who")),
            takes=tuple(replace(take, made=EVIL, badge=Badge(EVIL, "failed", (EVIL,))) for take in row.takes),
            problem=row.problem and Problem(EVIL, (Action("x", EVIL),)),
        )
        for row in view.beats
    )
    return replace(view, beats=rows, cast={EVIL: CastColour("red;}</style>", "url(x)")})


def repeatable(view: BoardView) -> BoardView:
    """The same on an engine that gives the same audio for the same settings and doesn't use style."""
    words = "eSpeak NG speaks the same every time: change a setting first."

    def other(row: BeatLine) -> BeatLine:
        if row.revise is None:
            return row
        style = Knob(0.5, unused="eSpeak NG doesn't use style.")
        return replace(row, revise=replace(row.revise, repeatable=words, style=style))

    return replace(view, beats=tuple(map(other, view.beats)))
