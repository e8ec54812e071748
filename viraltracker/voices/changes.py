"""What changed between two voice profiles, in words: the reason a take is stale. Pure."""

from collections.abc import Iterator

from viraltracker.voices.model import EngineVoice, VoiceProfile

__all__ = ["profile_diff"]

_NO_VOICE = EngineVoice(voice="")


def profile_diff(old: VoiceProfile, new: VoiceProfile) -> tuple[str, ...]:
    """Changes like `speed 0.70 -> 0.80`, the active engine first; empty when both are the same."""
    return tuple(_changes(old, new))


def _changes(old: VoiceProfile, new: VoiceProfile) -> Iterator[str]:
    yield from _change("engine", old.engine, new.engine)
    for engine in sorted({*old.voices, *new.voices}, key=lambda name: (name != new.engine, name)):
        before, after = old.voices.get(engine, _NO_VOICE), new.voices.get(engine, _NO_VOICE)
        yield from _change(f"{engine} voice", before.voice or None, after.voice or None)
        yield from _change(f"{engine} model", before.model, after.model)
        for option in sorted({*before.options, *after.options}):
            yield from _change(f"{engine} {option}", _plain(before, option), _plain(after, option))
    for name in ("stability", "similarity", "style", "speed"):
        yield from _change(name, _two_digits(getattr(old, name)), _two_digits(getattr(new, name)))
    yield from _change("seed", old.seed, new.seed)


def _change(what: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{what} {'none' if old is None else old} -> {'none' if new is None else new}"


def _plain(voice: EngineVoice, option: str) -> str | None:
    value = voice.options.get(option)
    return None if value is None else _exact(f"{value:g}", value)


def _two_digits(value: float) -> str:
    return _exact(f"{value:.2f}", value)


def _exact(short: str, value: float) -> str:
    """The short form where it says all; otherwise every digit, so that no change looks like none."""
    return short if float(short) == value else repr(value)
