"""The mock-up's voices page."""

from dataclasses import replace
from secrets import token_hex

import streamlit as st

from tests.ui.demo.play import LOG
from tests.ui.demo.sample import CAST
from viraltracker.ui.components.cast import CastEvent, CharacterChosen, ProfileSaved, TestWanted, VoiceChosen
from viraltracker.ui.views import (
    Badge,
    Card,
    CastView,
    Cell,
    Column,
    Dial,
    Heard,
    Knob,
    Row,
    Sheet,
    Span,
    Tone,
    VoiceCard,
    VoiceChoice,
    VoiceGroup,
)

PITCH = (Dial("pitch", "Pitch", None, 0, 99, step=1.0, digits=0, clearable=True),)
READY = Badge("ready", "picked")
VOICES = (
    VoiceGroup("eSpeak", (VoiceChoice("espeak/m3", "en-us+m3"), VoiceChoice("espeak/f2", "en-us+f2"))),
    VoiceGroup("ElevenLabs", (VoiceChoice("eleven/arthur", "Arthur"), VoiceChoice("eleven/sam", "Sam"))),
    VoiceGroup(
        "Worker", (VoiceChoice("csm/boomer", "csm/boomer-v2"), VoiceChoice("csm/whale", "csm/whale-v2"))
    ),
)


def _card(
    name: str, role: str, chosen: str, label: str, numbers: tuple[float, float, float], badge: Badge = READY
) -> VoiceCard:
    stability, style, speed = numbers
    unused = "Stability is not used by this engine." if chosen.startswith("csm") else ""
    return VoiceCard(
        name,
        role,
        CAST[name],
        badge,
        label,
        "“The fog has opinions.”",
        chosen,
        Knob(stability, unused=unused),
        Knob(style),
        (Dial("speed", "Speed", speed, 0.7, 1.2, pattern="×{}"), *(PITCH if name == "every-coon" else ())),
    )


def _cards() -> tuple[VoiceCard, ...]:
    missing = Badge(
        "needs a voice", "failed", ("ElevenLabs doesn't have the voice “Chad 2” in your account.",)
    )
    return (
        _card("every-coon", "deadpan narrator", "espeak/m3", "eSpeak · en-us+m3", (0.35, 0.45, 1.0)),
        _card("boomer", "slow, grumbling elder", "csm/boomer", "Worker · csm/boomer-v2", (0.5, 0.3, 0.85)),
        _card("fed", "flat bureaucrat", "eleven/arthur", "ElevenLabs · Arthur", (0.65, 0.2, 0.7)),
        _card("whale", "confident big money", "csm/whale", "Worker · csm/whale-v2", (0.4, 0.5, 0.95)),
        _card("wojak", "panicky loser", "eleven/sam", "ElevenLabs · Sam", (0.3, 0.6, 1.1)),
        _card("chad", "over-confident", "", "ElevenLabs · choose a voice", (0.4, 0.55, 1.05), missing),
    )


def cast_view() -> CastView:
    """The cast as it stands in this tab."""
    if "demo_cast" not in st.session_state:
        st.session_state.demo_cast = CastView(_cards(), VOICES, "boomer")
    return st.session_state.demo_cast


def acted(event: CastEvent) -> None:
    """Take note of it, and change the cast."""
    LOG.append(event.model_dump_json())
    view = cast_view()
    if isinstance(event, CharacterChosen):
        st.session_state.demo_cast = replace(view, selected=event.character)
        return
    cards = tuple(_after(card, event) if card.character == event.character else card for card in view.cards)
    st.session_state.demo_cast = replace(view, cards=cards)


def _after(card: VoiceCard, event: CastEvent) -> VoiceCard:
    match event:
        case VoiceChosen(voice=voice):
            return replace(card, chosen=voice, badge=READY)
        case TestWanted():
            tone = Heard("/demo/tone/440-30000.wav", "0:30.0", 30_000, token_hex(8))
            return replace(card, heard=tone)
        case ProfileSaved(settings=settings):
            dials = tuple(replace(dial, value=settings.get(dial.name, dial.value)) for dial in card.dials)
            stability = replace(card.stability, value=settings.get("stability", card.stability.value))
            return replace(card, dials=dials, stability=stability)
    return card


def _engine(name: str, dot: Tone, *note: Span) -> Row:
    return Row(name, (Cell(name, dot=dot), Cell(spans=note, faint=True)))


SHEET = Sheet(
    (
        Card(
            "engines",
            "Engines",
            (Column(width="38%"), Column()),
            (
                _engine("eSpeak NG", "picked", Span("always there, free")),
                _engine(
                    "ElevenLabs", "picked", Span("key from environment · 81,240 characters left · 5 at once")
                ),
                _engine("Worker gpu-1", "picked", Span("csm + 2 voices resident · RTF 0.06 · 3 free slots")),
                _engine("OpenAI-compatible", "empty", Span("not set: "), Span("SPEECH_BASE_URL", "tag")),
            ),
        ),
        Card(
            "support",
            "What boomer’s engine does with the script",
            (Column(width="38%"), Column()),
            (
                Row("pace", (Cell("Pace"), Cell("honoured (time-stretch)", tone="picked"))),
                Row("direction", (Cell("Direction"), Cell("approximated: anchor “grumpy”", tone="review"))),
                Row("settings", (Cell("Stability, style"), Cell("not used by this engine", tone="failed"))),
                Row("laughs", (Cell("[laughs]"), Cell("left out", tone="failed"))),
            ),
        ),
    )
)
