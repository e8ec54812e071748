"""A beat's body, line by line, into its segments: what each tag does, and what is wrong with it."""

from collections import Counter

from viraltracker.script.blocks import BeatBlock, Line, extent
from viraltracker.script.emphasis import emphasise
from viraltracker.script.inline import Token, tokenise
from viraltracker.script.meta import Meta
from viraltracker.script.model import PACES, PAUSES_MS
from viraltracker.script.names import BLOCK_WORDS, TAGS, CastNames, fold, nearest_pace, nearest_tag
from viraltracker.script.report import Report, quoted
from viraltracker.script.segments import Gathered, Manner, SegmentBuilder
from viraltracker.script.values import (
    PAUSE_MAX_MS,
    mend_fraction,
    mend_pause,
    read_fraction,
    read_pause_ms,
)

__all__ = ["BodyReader"]

LINE_MAX = 500
"""Spoken code points in a line before it is called long."""

_BRACKET_HINT_MAX = 80
_EXAMPLES = {"pace": "fast", "pause": "short"}
_UNCLOSED = "This [ has no closing ] on its line; it will be spoken as text."
_PACES_LISTED = ", ".join(PACES)


class BodyReader:
    """Reads the bodies of a script's beats in turn. `lines_of` counts spoken lines by character."""

    def __init__(self, meta: Meta, names: CastNames, report: Report) -> None:
        self.lines_of: Counter[str] = Counter()
        self._start = Manner(meta.character, meta.pace)
        self._names = names
        self._report = report
        self._builder = SegmentBuilder(self._start)
        self._line = Line(0, "")

    def read(self, block: BeatBlock) -> Gathered:
        """One beat's segments; speaker, direction, pace, stability and style start from META."""
        self._builder = SegmentBuilder(self._start)
        for line in block.body:
            if not line.blank:
                self._read_line(line)
        return self._builder.done()

    def _read_line(self, line: Line) -> None:
        self._line = line
        self._builder.line()
        if "[" not in line.text:
            spoken = self._say(line.text)
            if spoken:
                self.lines_of[self._builder.manner.character] += 1
        else:
            spoken = self._read_tokens(line.text)
        if spoken > LINE_MAX:
            start, length = extent(line.text)
            message = (
                f"This line has {spoken} spoken characters; over {LINE_MAX} is hard to speak and to mend."
            )
            self._add("long-line", start, length, message, "break it into several lines")

    def _read_tokens(self, text: str) -> int:
        unclosed: list[tuple[int, int]] = []
        spoken = 0
        speakers: set[str] = set()
        for token in tokenise(text, unclosed):
            if token.kind != "text":
                self._act(token)
                continue
            said = self._say(token.value)
            if said:
                spoken += said
                speakers.add(self._builder.manner.character)
        for speaker in speakers:
            self.lines_of[speaker] += 1
        if unclosed:
            self._report_unclosed(unclosed)
        return spoken

    def _say(self, raw: str) -> int:
        if "*" not in raw:
            return self._builder.text(raw)
        said = emphasise(raw)
        return self._builder.text(said.text, said.light, said.strong)

    def _act(self, token: Token) -> None:
        if token.kind == "audio":
            self._builder.audio_tag(token.value)
        elif token.kind == "bare":
            self._report_bare(token)
        elif token.name == "character":
            self._character(token)
        elif token.name == "direction":
            self._builder.manner = self._builder.manner._replace(direction=token.value or None)
        elif token.name == "pace":
            self._pace(token)
        elif token.name == "pause":
            self._pause(token)
        elif token.name == "stability":
            self._builder.manner = self._builder.manner._replace(stability=self._fraction(token))
        elif token.name == "style":
            self._builder.manner = self._builder.manner._replace(style=self._fraction(token))
        elif token.name != "beat":  # the outline has reported that one
            self._report_unknown(token)

    def _character(self, token: Token) -> None:
        character = self._names.find(token.value)
        if character is not None:
            self._builder.manner = self._builder.manner._replace(character=character)
            return
        if token.value:
            message = f"There is no character {quoted(token.value)} in the cast: {self._names.listed}."
        else:
            message = f"[CHARACTER:] names nobody. The cast: {self._names.listed}."
        self._report_value("unknown-character", token, message, self._names.guess(token.value))

    def _pace(self, token: Token) -> None:
        pace = token.value if token.value in PACES else fold(token.value)
        if pace in PACES:
            self._builder.manner = self._builder.manner._replace(pace=pace)
            return
        found = f"There is no pace {quoted(token.value)}." if token.value else "[PACE:] names no pace."
        message = f"{found} The paces are {_PACES_LISTED}."
        self._report_value("unknown-pace", token, message, nearest_pace(pace))

    def _pause(self, token: Token) -> None:
        length_ms = read_pause_ms(token.value)
        if length_ms is not None and length_ms <= PAUSE_MAX_MS:
            self._builder.pause(length_ms)
            return
        self._builder.pause(0)
        if length_ms is None:
            found = (
                f"The pause {quoted(token.value)} can't be read."
                if token.value
                else "[PAUSE:] has no length."
            )
            message = f"{found} Write {', '.join(PAUSES_MS)}, or a length such as 300, 300ms or 1.5s."
            self._report_value("bad-pause", token, message, mend_pause(token.value))
        else:
            message = f"The pause {quoted(token.value)} is too long: one PAUSE is at most 10 s."
            hint = "pauses add up: write several, such as `[PAUSE: 10s][PAUSE: 10s]`"
            self._report_value("bad-pause", token, message, None, hint)

    def _fraction(self, token: Token) -> float | None:
        if not token.value:
            return None
        number = read_fraction(token.value)
        if number is not None and number <= 1.0:
            return number
        tag = TAGS[token.name]
        message = f"{tag} {quoted(token.value)} is not a number from 0 to 1."
        self._report_value(f"bad-{token.name}", token, message, mend_fraction(token.value))
        return None

    def _report_value(
        self, code: str, token: Token, message: str, mend: str | None, hint: str | None = None
    ) -> None:
        if mend is not None:
            hint = f"did you mean `[{TAGS[token.name]}: {mend}]`?"
        length = len(token.value) or token.end - token.start
        self._add(code, token.value_start, length, message, hint, mend if token.value else None)

    def _report_bare(self, token: Token) -> None:
        if token.name in BLOCK_WORDS:
            if token.name == "beat":
                message = "[BEAT] is no tag inside a beat and will not be spoken."
                self._report_tag("tag-without-value", token, message, "[PAUSE: beat]")
            return  # the outline has seen to the other two
        tag = TAGS[token.name]
        message = f"[{tag}] does nothing without a colon and a value, and will not be spoken."
        mend = f"[{tag}: {token.value}]" if token.value else None
        example = {"character": "[CHARACTER: fed]", "direction": "[DIRECTION: whispered]"}.get(
            token.name, f"[{tag}: {_EXAMPLES.get(token.name, '0.5')}]"
        )
        self._report_tag("tag-without-value", token, message, mend, f"write for example `{example}`")

    def _report_unknown(self, token: Token) -> None:
        written = self._line.text[token.start + 1 : token.end - 1].partition(":")[0].strip()
        message = f"[{quoted(written)[1:-1]}: …] is not a tag here; it will not be spoken."
        near = nearest_tag(token.name)
        mend, hint = None, f"the tags are {', '.join(TAGS.values())}"
        if near is not None and near in BLOCK_WORDS:
            hint = f"did you mean `{BLOCK_WORDS[near]}`?"
        elif near is not None and len(token.value) <= _BRACKET_HINT_MAX:
            mend = f"[{TAGS[near]}: {token.value}]"
        self._report_tag("unknown-tag", token, message, mend, hint)

    def _report_tag(
        self, code: str, token: Token, message: str, mend: str | None, hint: str | None = None
    ) -> None:
        if mend is not None:
            hint = f"did you mean `{mend}`?"
        self._add(code, token.start, token.end - token.start, message, hint, mend)

    def _report_unclosed(self, runs: list[tuple[int, int]]) -> None:
        text = self._line.text
        # Only a tag at the end of its line can be mended; all but the last few are not worth a look.
        near = len(text.rstrip()) - _BRACKET_HINT_MAX
        for start, end in runs:
            mend = _tag_meant(text[end:].rstrip()) if end > near else None
            if mend is None:
                self._add("unclosed-bracket", start, end - start, _UNCLOSED)
            else:
                length = len(text.rstrip()) - end + 1
                self._add("unclosed-bracket", end - 1, length, _UNCLOSED, f"did you mean `{mend}`?", mend)

    def _add(
        self,
        code: str,
        start: int,
        length: int,
        message: str,
        hint: str | None = None,
        mend: str | None = None,
    ) -> None:
        column = self._line.offset + start + 1
        self._report.add(code, self._line.number, column, length, message, hint, mend)


def _tag_meant(rest: str) -> str | None:
    """The whole tag of which `rest` stands behind the opening bracket, up to the end of the line."""
    name, colon, value = rest.partition(":")
    if "[" in rest or not colon or fold(name) not in TAGS:
        return None
    return f"[{TAGS[fold(name)]}: {value.strip()}]"
