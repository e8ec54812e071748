"""What a bracket in a beat's body does, and what is wrong with it. Knows no line, only the bracket."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from viraltracker.script.cast import CastNames
from viraltracker.script.guesses import Guesses
from viraltracker.script.inline import REMEMBERED_MAX, Bracket
from viraltracker.script.model import PACES, PAUSES_MS
from viraltracker.script.names import BLOCK_WORDS, TAGS, fold
from viraltracker.script.report import quoted
from viraltracker.script.values import (
    PAUSE_MAX_MS,
    mend_fraction,
    mend_pause,
    read_fraction,
    read_pause_ms,
)

__all__ = ["Deed", "Tags", "Wrong", "tag_meant"]

Doing = Literal["character", "pace", "direction", "stability", "style", "pause", "audio", "nothing"]

_BRACKET_HINT_MAX = 80
_EXAMPLES = {
    "character": "[CHARACTER: fed]",
    "direction": "[DIRECTION: whispered]",
    "pace": "[PACE: fast]",
    "pause": "[PAUSE: short]",
    "stability": "[STABILITY: 0.5]",
    "style": "[STYLE: 0.5]",
}
_PACES_LISTED = ", ".join(PACES)
_PAUSE_FORMS = f"Write {', '.join(PAUSES_MS)}, or a length such as 300, 300ms or 1.5s."
_TAGS_HINT = f"the tags are {', '.join(TAGS.values())}"
_ADD_UP = "pauses add up: write several, such as `[PAUSE: 10s][PAUSE: 10s]`"


class Wrong(NamedTuple):
    """A finding that knows no line; `start` counts from 0."""

    code: str
    start: int
    length: int
    message: str
    hint: str | None = None
    mend: str | None = None


class Deed(NamedTuple):
    """What a bracket does: `what` is a manner's new value, a pause in ms, or an audio tag."""

    doing: Doing
    what: Any = None
    wrong: Wrong | None = None


_NOTHING = Deed("nothing")


class Tags:
    """The brackets of one reading. Each spelling is understood once, however often it stands there."""

    def __init__(self, names: CastNames, guesses: Guesses) -> None:
        self._names = names
        self._guesses = guesses
        self._deeds: dict[str, Deed] = {}
        self._tags: Mapping[str, Callable[[Bracket], Deed]] = {
            "character": self._character,
            "direction": _direction,
            "pace": self._pace,
            "pause": self._pause,
            "stability": _fraction,
            "style": _fraction,
        }

    def deed(self, bracket: Bracket) -> Deed:
        """What a bracket does."""
        deed = self._deeds.get(bracket.inner)
        if deed is None:
            deed = self._understand(bracket)
            if len(self._deeds) < REMEMBERED_MAX:
                self._deeds[bracket.inner] = deed
        return deed

    def _understand(self, bracket: Bracket) -> Deed:
        if bracket.kind == "audio":
            return Deed("audio", bracket.value)
        if bracket.kind == "bare":
            return _bare(bracket)
        understand = self._tags.get(bracket.name)
        if understand is not None:
            return understand(bracket)
        # The outline has reported a beat's beginning in here.
        return _NOTHING if bracket.name == "beat" else self._unknown(bracket)

    def _character(self, bracket: Bracket) -> Deed:
        character = self._names.find(bracket.value)
        if character is not None:
            return Deed("character", character)
        if bracket.value:
            message = f"There is no character {quoted(bracket.value)} in the cast: {self._names.listed}."
        else:
            message = f"[CHARACTER:] names nobody. The cast: {self._names.listed}."
        near = self._names.guess(bracket.value, self._guesses)
        return Deed("nothing", None, _value("unknown-character", bracket, message, near))

    def _pace(self, bracket: Bracket) -> Deed:
        pace = bracket.value if bracket.value in PACES else fold(bracket.value)
        if pace in PACES:
            return Deed("pace", pace)
        found = f"There is no pace {quoted(bracket.value)}." if bracket.value else "[PACE:] names no pace."
        message = f"{found} The paces are {_PACES_LISTED}."
        return Deed("nothing", None, _value("unknown-pace", bracket, message, self._guesses.pace(pace)))

    def _pause(self, bracket: Bracket) -> Deed:
        length_ms = read_pause_ms(bracket.value)
        if length_ms is None:
            found = "[PAUSE:] has no length."
            if bracket.value:
                found = f"The pause {quoted(bracket.value)} can't be read."
            mend = mend_pause(bracket.value, self._guesses)
            return Deed("pause", 0, _value("bad-pause", bracket, f"{found} {_PAUSE_FORMS}", mend))
        if length_ms > PAUSE_MAX_MS:
            message = f"The pause {quoted(bracket.value)} is too long: one PAUSE is at most 10 s."
            return Deed("pause", 0, _value("bad-pause", bracket, message, None, _ADD_UP))
        return Deed("pause", length_ms)

    def _unknown(self, bracket: Bracket) -> Deed:
        name = bracket.inner.partition(":")[0].strip()
        message = f"[{quoted(name)[1:-1]}: …] is not a tag here; it will not be spoken."
        near = self._guesses.tag(bracket.name)
        mend, hint = None, _TAGS_HINT
        if near is not None and near in BLOCK_WORDS:
            hint = f"did you mean `{BLOCK_WORDS[near]}`?"
        elif near is not None and len(bracket.value) <= _BRACKET_HINT_MAX:
            mend = f"[{TAGS[near]}: {bracket.value}]"
            hint = f"did you mean `{mend}`?"
        wrong = Wrong("unknown-tag", 0, len(bracket.inner) + 2, message, hint, mend)
        return Deed("nothing", None, wrong)


def _direction(bracket: Bracket) -> Deed:
    return Deed("direction", bracket.value or None)


def _fraction(bracket: Bracket) -> Deed:
    doing: Doing = "style" if bracket.name == "style" else "stability"
    if not bracket.value:
        return Deed(doing)
    number = read_fraction(bracket.value)
    if number is not None and number <= 1.0:
        return Deed(doing, number)
    message = f"{TAGS[doing]} {quoted(bracket.value)} is not a number from 0 to 1."
    return Deed(doing, None, _value(f"bad-{doing}", bracket, message, mend_fraction(bracket.value)))


def _bare(bracket: Bracket) -> Deed:
    length = len(bracket.inner) + 2
    if bracket.name in BLOCK_WORDS:
        if bracket.name != "beat":
            return _NOTHING  # the outline has seen to the other two
        message, mend = "[BEAT] is no tag inside a beat and will not be spoken.", "[PAUSE: beat]"
        hint = f"did you mean `{mend}`?"
        return Deed("nothing", None, Wrong("tag-without-value", 0, length, message, hint, mend))
    tag = TAGS[bracket.name]
    message = f"[{tag}] does nothing without a colon and a value, and will not be spoken."
    if not bracket.value:
        hint = f"write for example `{_EXAMPLES[bracket.name]}`"
        return Deed("nothing", None, Wrong("tag-without-value", 0, length, message, hint))
    mend = f"[{tag}: {bracket.value}]"
    hint = f"did you mean `{mend}`?"
    return Deed("nothing", None, Wrong("tag-without-value", 0, length, message, hint, mend))


def _value(code: str, bracket: Bracket, message: str, mend: str | None, hint: str | None = None) -> Wrong:
    if mend is not None:
        hint = f"did you mean `[{TAGS[bracket.name]}: {mend}]`?"
    length = len(bracket.value) or len(bracket.inner) + 2
    return Wrong(code, bracket.value_at, length, message, hint, mend if bracket.value else None)


def tag_meant(rest: str) -> str | None:
    """The whole tag of which `rest` stands behind an opening bracket, up to the end of the line."""
    name, colon, value = rest.partition(":")
    if "[" in rest or not colon or fold(name) not in TAGS:
        return None
    return f"[{TAGS[fold(name)]}: {value.strip()}]"
