"""The cast sheet, the engines' health, and what an engine does with a script. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from viraltracker.speech import Health, Synthesizer, VoiceInfo
from viraltracker.takes import Member
from viraltracker.ui.views.board import Badge, CastColour, Knob, Tone
from viraltracker.ui.views.cards import Card, Cell, Column, Row, Sheet
from viraltracker.ui.views.cast import CastView, Dial, Heard, VoiceCard, VoiceChoice, VoiceGroup
from viraltracker.voices import EngineVoice, VoiceProfile

__all__ = ["TEST_LINE", "cast_view", "choice_of", "engines_sheet", "parts_of"]

TEST_LINE: Final = "The fog has opinions."
_BEFORE_MODEL: Final = "\t"
"""Between voice and model of a choice: the one character that neither can have in its name."""
_DIAL_TITLES: Final = {
    "pitch_range": "Range",
    "rate_wpm": "Words/min",
    "length_scale": "Length",
    "noise_scale": "Liveliness",
    "noise_w_scale": "Rhythm",
    "top_k": "Choices",
    "continuity_s": "Continuity",
}
_FINE_SPAN: Final = 5.0
"""Up to here a knob moves by hundredths; one that goes to 99 or 450 by whole steps."""
_PARTS: Final = (
    ("speed", "Pace"), ("direction", "Direction"), ("stability", "Stability"), ("style", "Style"),
    ("audio_tags", "[laughs]"), ("seed", "Seed"), ("neighbours", "Text around it"),
    ("continuity", "Own last lines"),
)  # fmt: skip
_SUPPORT_TONES: Final[Mapping[str, Tone]] = {
    "honoured": "picked",
    "approximated": "review",
    "not used": "failed",
}


def cast_view(
    members: Iterable[Member],
    engines: Mapping[str, Synthesizer],
    voices: Mapping[str, tuple[VoiceInfo, ...]],
    health: Mapping[str, Health],
    heard: Mapping[str, Heard],
    problems: Mapping[str, str],
    selected: str,
) -> CastView:
    """All characters' cards; `heard` and `problems` are by character."""
    cards = tuple(_card(m, engines, voices, health, heard, problems) for m in members)
    groups = tuple(
        VoiceGroup(
            engine.capabilities.title,
            _choices(name, voices.get(name, ())),
            closed="" if health[name].ready and voices.get(name) else health[name].note,
        )
        for name, engine in engines.items()
    )
    return CastView(cards, groups, selected)


def choice_of(engine: str, voice: VoiceInfo) -> str:
    """The value of a voice on offer: `engine:voice`, and the model where the voice has one of its own."""
    return f"{engine}:{voice.id}" + (f"{_BEFORE_MODEL}{voice.model}" if voice.model else "")


def parts_of(choice: str) -> tuple[str, str, str | None]:
    """Engine, voice and model of a choice."""
    engine, _, rest = choice.partition(":")
    voice, _, model = rest.partition(_BEFORE_MODEL)
    return engine, voice, model or None


def _choices(engine: str, voices: tuple[VoiceInfo, ...]) -> tuple[VoiceChoice, ...]:
    several = len({voice.model for voice in voices}) > 1
    return tuple(
        VoiceChoice(
            choice_of(engine, voice),
            " · ".join(
                filter(
                    None,
                    (
                        _short(voice.id, voice.name),
                        voice.model if several else "",
                        voice.labels.get("more", ""),
                    ),
                )
            ),
        )
        for voice in voices
    )


def _chosen(profile: VoiceProfile, voices: tuple[VoiceInfo, ...]) -> str:
    """The choice that a profile's voice is; one of its own where the engine doesn't offer it."""
    voice = profile.voice
    if voice is None:
        return ""
    offered = (each for each in voices if each.id == voice.voice and each.model in (None, voice.model))
    return choice_of(profile.engine, next(offered, VoiceInfo(voice.voice, voice.voice)))


def _card(
    member: Member,
    engines: Mapping[str, Synthesizer],
    voices: Mapping[str, tuple[VoiceInfo, ...]],
    health: Mapping[str, Health],
    heard: Mapping[str, Heard],
    problems: Mapping[str, str],
) -> VoiceCard:
    character, profile = member.character, member.profile
    engine = engines.get(profile.engine)
    title = engine.capabilities.title if engine else profile.engine
    voice = profile.voice
    names = {
        info.id: info.name
        for info in voices.get(profile.engine, ())
        if voice is not None and info.model in (None, voice.model)
    }
    support = engine.support(voice.model if voice else None) if engine else {}
    unused = {
        part: f"{title} doesn't use this" if support.get(part, "not used") == "not used" else ""
        for part in ("stability", "style")
    }
    return VoiceCard(
        character=character.id,
        role=character.role,
        colour=CastColour(character.colour_light, character.colour_dark),
        badge=_badge(profile, health),
        label=f"{title} · {_voice_name(voice, names) if voice else 'choose a voice'}",
        line=TEST_LINE,
        chosen=_chosen(profile, voices.get(profile.engine, ())),
        stability=Knob(profile.stability, unused=unused["stability"]),
        style=Knob(profile.style, unused=unused["style"]),
        dials=_dials(profile, engine),
        heard=heard.get(character.id),
        problem=problems.get(character.id, ""),
    )


def _voice_name(voice: EngineVoice, names: Mapping[str, str]) -> str:
    return _short(voice.voice, names.get(voice.voice, voice.voice))


def _short(voice: str, name: str) -> str:
    """eSpeak's ids ("en-us+Mr serious") say more than its long names; a provider's ids say nothing."""
    return voice if "+" in voice and len(voice) < len(name) else name


def _badge(profile: VoiceProfile, health: Mapping[str, Health]) -> Badge:
    found = health.get(profile.engine)
    if profile.voice is None:
        return Badge("needs a voice", "failed", ("Choose one from the list.",))
    if found is None or not found.ready:
        note = found.note if found else "This engine is not set up."
        return Badge("needs a key" if found and found.needs else "not ready", "failed", (note,))
    return Badge("ready", "picked")


def _dials(profile: VoiceProfile, engine: Synthesizer | None) -> tuple[Dial, ...]:
    """The speed, and every knob that the engine has with this model, set or not."""
    voice = profile.voice
    spans = engine.options(voice.model if voice else None) if engine else {}
    return (
        Dial("speed", "Speed", profile.speed, 0.7, 1.2, pattern="×{}"),
        *(_dial(name, voice.options.get(name) if voice else None, *span) for name, span in spans.items()),
    )


def _dial(name: str, value: float | None, lowest: float, highest: float) -> Dial:
    title = _DIAL_TITLES.get(name, name.replace("_", " ").capitalize())
    fine = highest - lowest <= _FINE_SPAN
    step, digits = (0.01, 2) if fine else (1.0, 0)
    return Dial(name, title, value, lowest, highest, step=step, digits=digits, clearable=True)


def engines_sheet(
    engines: Mapping[str, Synthesizer], health: Mapping[str, Health], member: Member | None
) -> Sheet:
    """Which engines can be used, what is missing and how to set it; and what one does with the script."""
    rows = tuple(
        Row(
            name,
            (
                Cell(engine.capabilities.title, dot="picked" if health[name].ready else "empty"),
                Cell(health[name].note, faint=True),
            ),
        )
        for name, engine in engines.items()
    )
    cards = [Card("engines", "Engines", (Column("", "fit"), Column("")), rows)]
    if member is not None and member.profile.engine in engines:
        cards.append(_report(member, engines[member.profile.engine]))
    return Sheet(tuple(cards))


def _report(member: Member, engine: Synthesizer) -> Card:
    voice = member.profile.voice
    model = voice.model if voice else None
    support = engine.support(model)

    def words(part: str) -> str:
        said = "not used by this engine" if support[part] == "not used" else support[part]
        note = engine.capabilities.note(model, part)
        return f"{said}: {note}" if note else said

    rows = tuple(
        Row(part, (Cell(title), Cell(words(part), tone=_SUPPORT_TONES[support[part]])))
        for part, title in _PARTS
        if part in support
    )
    name = member.character.id
    return Card("report", f"What {name}’s engine does with the script", (Column(""), Column("")), rows)
