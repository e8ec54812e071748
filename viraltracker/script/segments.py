"""Texts, tags and pauses in the order they stand, gathered into a beat's segments.

Only text separates: whatever changes between two texts is compared when the second one comes. Knows no
brackets and reports nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import category

from viraltracker.script.model import AudioTag, Segment

__all__ = [
    "PAUSE_BETWEEN_MS",
    "PAUSE_TRAILING_MS",
    "SILENCE",
    "Gathered",
    "Manner",
    "SegmentBuilder",
    "is_said",
]

PAUSE_BETWEEN_MS = 150
"""Silence between two segments with no explicit PAUSE."""
PAUSE_TRAILING_MS = 300
"""Silence after a beat's last segment with no explicit PAUSE."""

_CLOSING = frozenset(",.;:!?…)]}»”’%、。，．！？；：）」』")


_INVISIBLE = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


class Manner(NamedTuple):
    """How a text is spoken; two texts with equal manners may share a segment."""

    character: str
    pace: str
    direction: str | None = None
    stability: float | None = None
    style: float | None = None


class Gathered(NamedTuple):
    """A beat's segments and the silence around them."""

    segments: tuple[Segment, ...]
    leading_pause_ms: int
    trailing_pause_ms: int


SILENCE = Gathered((), 0, PAUSE_TRAILING_MS)
"""A beat with nothing in it."""


@dataclass(slots=True)
class _Draft:
    manner: Manner
    texts: list[str]
    length: int
    pause_after_ms: int = 0
    # Most segments have none of these, and a script may have 80,000 segments.
    audio_tags: list[AudioTag] | None = None
    light: list[str] | None = None
    strong: list[str] | None = None

    def emphasise(self, light: Sequence[str], strong: Sequence[str]) -> None:
        if light:
            self.light = self.light or []
            self.light += light
        if strong:
            self.strong = self.strong or []
            self.strong += strong

    def tag(self, audio: AudioTag) -> None:
        self.audio_tags = self.audio_tags or []
        self.audio_tags.append(audio)

    def done(self) -> Segment:
        character, pace, direction, stability, style = self.manner
        return Segment(
            character,
            self.texts[0] if len(self.texts) == 1 else "".join(self.texts),
            pace,
            direction,
            stability,
            style,
            audio_tags=tuple(self.audio_tags or ()),
            emphasis=tuple(self.light or ()),
            strong_emphasis=tuple(self.strong or ()),
            pause_after_ms=self.pause_after_ms,
        )


_Waiting = tuple[str, bool, bool]
"""An audio tag; whether a blank stands before it; whether it belongs to the text before it."""


class SegmentBuilder:
    """Takes a body's pieces in order. `manner` is how the next text will be spoken."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self._drafts: list[_Draft] = []
        self._pause_ms: int | None = None  # explicit silence since the last text
        self._leading_ms = 0
        self._new_line = False
        self._blank = False  # a blank stood between the last text and here
        self._waiting: list[_Waiting] = []

    @property
    def begun(self) -> int:
        """How many segments have begun."""
        return len(self._drafts)

    def line(self) -> None:
        """A new line begins."""
        self._new_line = True

    def pause(self, length_ms: int) -> None:
        """Explicit silence stands here; several add up."""
        self._pause_ms = (self._pause_ms or 0) + length_ms

    def audio_tag(self, tag: str) -> None:
        """An audio tag stands here.

        It belongs to the text before it, or to the next text when something has changed since.
        """
        last = self._drafts[-1] if self._drafts else None
        of_last = last is not None and self._pause_ms is None and last.manner == self.manner
        self._waiting.append((tag, self._blank or self._new_line, of_last))

    def text(self, raw: str, light: Sequence[str] = (), strong: Sequence[str] = ()) -> int:
        """Text stands here, with the blanks around it. Returns how many code points it adds to its line."""
        text = raw.strip()
        if not is_said(text):
            self._blank = self._blank or bool(raw)
            return 0
        grown = len(text)
        draft = self._drafts[-1] if self._drafts else None
        if draft is None or self._pause_ms is not None or draft.manner != self.manner:
            draft = self._open(draft, text)
        else:
            # One blank where there was any; but a blank before a removed tag doesn't stay in front of a comma
            # that followed the tag at once.
            joined = self._new_line or raw[0].isspace() or (self._blank and text[0] not in _CLOSING)
            if self._waiting:
                self._place_all(draft, joined=joined)
            if joined:
                text = f" {text}"
                grown += not self._new_line
            draft.texts.append(text)
            draft.length += len(text)
        if light or strong:
            draft.emphasise(light, strong)
        self._pause_ms, self._new_line, self._blank = None, False, raw[-1].isspace()
        return grown

    def lines(self, texts: Iterable[str]) -> None:
        """Lines of text that is said, each without blanks around it; nothing changes between them."""
        self._new_line = True
        self.text(" ".join(texts))

    def done(self) -> Gathered:
        """The segments; what is silent at the end is the trailing pause."""
        if not self._drafts:
            silence_ms = PAUSE_TRAILING_MS if self._pause_ms is None else self._pause_ms
            return Gathered((), 0, silence_ms)
        self._place_all(self._drafts[-1], joined=False)
        trailing_ms = PAUSE_TRAILING_MS if self._pause_ms is None else self._pause_ms
        segments = tuple(draft.done() for draft in self._drafts)
        return Gathered(segments, self._leading_ms, trailing_ms)

    def _open(self, last: _Draft | None, text: str) -> _Draft:
        draft = _Draft(self.manner, [text], 0)
        if last is None:
            self._leading_ms = self._pause_ms or 0
        else:
            last.pause_after_ms = PAUSE_BETWEEN_MS if self._pause_ms is None else self._pause_ms
        if self._waiting:
            if last is not None:
                self._place_own(last)
            self._place_all(draft, joined=False)
        draft.length = len(text)
        self._drafts.append(draft)
        return draft

    def _place_own(self, draft: _Draft) -> None:
        """Puts the waiting audio tags that belong to a draft at its end."""
        for tag, _, of_last in self._waiting:
            if of_last:
                draft.tag(AudioTag(draft.length, tag))
        self._waiting = [waiting for waiting in self._waiting if not waiting[2]]

    def _place_all(self, draft: _Draft, *, joined: bool) -> None:
        """Puts all waiting audio tags at a draft's end, behind its joint if a blank stood before them."""
        for tag, after_blank, _ in self._waiting:
            draft.tag(AudioTag(draft.length + (joined and after_blank), tag))
        self._waiting = []


def is_said(text: str) -> bool:
    """Whether a text is more than blanks and marks such as U+200B, which pasted texts are full of."""
    if not text:
        return False
    first = text[0]
    if first.isalnum() or category(first) not in _INVISIBLE:
        return True
    return len(text) > 1 and any(category(character) not in _INVISIBLE for character in text)
