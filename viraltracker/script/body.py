"""A beat's body, line by line, into its segments. What a bracket does is for `tags` to say."""

from collections import Counter
from collections.abc import Sequence

from viraltracker.script.blocks import BeatBlock, extent
from viraltracker.script.cast import CastNames
from viraltracker.script.emphasis import emphasise, may_emphasise
from viraltracker.script.inline import Shapes, tokenise, unclosed_in
from viraltracker.script.meta import Meta
from viraltracker.script.report import Report
from viraltracker.script.segments import SILENCE, Gathered, Manner, SegmentBuilder, is_said
from viraltracker.script.tags import Deed, Tags, tag_meant

__all__ = ["BodyReader"]

LINE_MAX = 500
"""Spoken code points in a line before it is called long."""

_BRACKET_HINT_MAX = 80
_UNCLOSED = "This [ has no closing ] on its line; it will be spoken as text."


class BodyReader:
    """Reads the bodies of a script's beats in turn. `lines_of` counts spoken lines by character."""

    def __init__(self, meta: Meta, names: CastNames, report: Report) -> None:
        self.lines_of: Counter[str] = Counter()
        self._start = Manner(meta.character, meta.pace)
        self._report = report
        self._tags = Tags(names, report.guesses)
        self._shapes: Shapes = {}
        self._builder = SegmentBuilder(self._start)

    def read(self, block: BeatBlock) -> Gathered:
        """One beat's segments; speaker, direction, pace, stability and style start from META."""
        if not block.body:
            return SILENCE
        self._builder = SegmentBuilder(self._start)
        plain: list[str] = []  # lines in which nothing is to be found but text
        for number, text, offset in block.body:
            if "[" in text:
                if "]" in text:
                    if plain:
                        self._say_plain(plain)
                    self._read_tokens(text, number, offset)
                    continue
                self._report_unclosed(unclosed_in(text), text, number, offset)
            said = text.strip()
            if "*" in said and may_emphasise(said):
                if plain:
                    self._say_plain(plain)
                self._builder.line()
                spoken = self._say_emphasised(said)
                self.lines_of[self._builder.manner.character] += spoken > 0
            elif is_said(said):
                plain.append(said)
                spoken = len(said)
            else:
                continue
            if spoken > LINE_MAX:
                self._report_long(spoken, text, number, offset)
        if plain:
            self._say_plain(plain)
        return self._builder.done()

    def _say_plain(self, texts: list[str]) -> None:
        self.lines_of[self._builder.manner.character] += len(texts)
        self._builder.lines(texts)
        texts.clear()

    def _read_tokens(self, text: str, number: int, offset: int) -> None:
        unclosed: list[tuple[int, int]] = []
        spoken = 0
        speakers: set[str] = set()
        builder = self._builder
        builder.line()
        for start, end, bracket in tokenise(text, unclosed, self._shapes):
            if bracket is None:
                said = self._say(text[start:end])
                if said:
                    spoken += said
                    speakers.add(builder.manner.character)
                continue
            deed = self._tags.deed(bracket)
            if deed.doing == "audio":
                builder.audio_tag(deed.what)
                continue
            self._do(deed)
            if deed.wrong is not None:
                code, at, length, message, hint, mend = deed.wrong
                self._report.add(code, number, offset + start + at + 1, length, message, hint, mend)
        for speaker in speakers:
            self.lines_of[speaker] += 1
        if unclosed:
            self._report_unclosed(unclosed, text, number, offset)
        if spoken > LINE_MAX:
            self._report_long(spoken, text, number, offset)

    def _say(self, raw: str) -> int:
        if "*" not in raw or not may_emphasise(raw):
            return self._builder.text(raw)
        return self._say_emphasised(raw)

    def _say_emphasised(self, raw: str) -> int:
        said = emphasise(raw)
        return self._builder.text(said.text, said.light, said.strong)

    def _do(self, deed: Deed) -> None:
        if deed.doing == "audio":
            self._builder.audio_tag(deed.what)
        elif deed.doing == "pause":
            self._builder.pause(deed.what)
        elif deed.doing != "nothing":
            self._builder.manner = self._builder.manner._replace(**{deed.doing: deed.what})

    def _report_unclosed(self, runs: Sequence[tuple[int, int]], text: str, number: int, offset: int) -> None:
        text = text.rstrip()
        # Only a tag at the end of its line can be mended; all but the last few are not worth a look.
        near = len(text) - _BRACKET_HINT_MAX
        for start, end in runs:
            mend = tag_meant(text[end:]) if end > near else None
            if mend is None:
                self._report.add("unclosed-bracket", number, offset + start + 1, end - start, _UNCLOSED)
            else:
                length, hint = len(text) - end + 1, f"did you mean `{mend}`?"
                self._report.add("unclosed-bracket", number, offset + end, length, _UNCLOSED, hint, mend)

    def _report_long(self, spoken: int, text: str, number: int, offset: int) -> None:
        start, length = extent(text)
        message = f"This line has {spoken} spoken characters; over {LINE_MAX} is hard to speak and to mend."
        hint = "break it into several lines"
        self._report.add("long-line", number, offset + start + 1, length, message, hint)
