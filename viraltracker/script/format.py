"""A script in its tidy spelling: one blank line between blocks, canonical names, META first.

Works on the text, so that producers keep their lines and whatever stands outside the blocks.
"""

from collections.abc import Iterable, Iterator

from viraltracker.script.blocks import BeatBlock, Line, MetaBlock, Outline, Outside, is_blank
from viraltracker.script.cast import CastNames
from viraltracker.script.inline import Bracket, tokenise
from viraltracker.script.meta import read_entry
from viraltracker.script.model import Cast
from viraltracker.script.names import META_KEYS, TAGS, fold
from viraltracker.script.parse import accepted, parse, read_outline

__all__ = ["format_script"]


def format_script(source: str | bytes, cast: Cast) -> str:
    """The same script, tidily written: `parse` finds the same title, project and beats in it.

    Formatting twice changes nothing more. Raises ScriptRefused when the script has errors; its fact
    `diagnostics` holds all findings.
    """
    accepted(parse(source, cast))
    blocks = _blocks(read_outline(source), CastNames(cast))
    text = "\n\n".join("\n".join(block) for block in blocks if block) + "\n"
    # A text that begins with U+FEFF would lose it as a byte order mark.
    return "\n" + text if text.startswith("\ufeff") else text


def _blocks(outline: Outline, names: CastNames) -> Iterator[list[str]]:
    parts = _meta_first(outline)
    for place, part in enumerate(parts):
        if isinstance(part, MetaBlock):
            yield ["[META]", *(_meta_line(Line(*row), names) for row in part.lines)]
        elif isinstance(part, Outside):
            yield _block(text for _, text, offset in part.lines if not offset)
        else:
            following = parts[place + 1]
            behind = following.lines[:1] if isinstance(following, Outside) else []
            tail = "".join(" " + text.strip() for _, text, offset in behind if offset and not is_blank(text))
            body = _block(_body_line(text, names) for _, text, _ in part.body)
            yield [f"[BEAT: {part.id}]", f"name: {part.name}", "---", *body, f"[END_BEAT]{tail}"]


def _meta_first(outline: Outline) -> list[Outside | MetaBlock | BeatBlock]:
    """The parts with META right before the first beat, so that it swallows no text between them."""
    parts = outline.parts
    meta = next(place for place, part in enumerate(parts) if isinstance(part, MetaBlock))
    beat = next(place for place, part in enumerate(parts) if isinstance(part, BeatBlock))
    if meta < beat:
        return parts
    return [*parts[:beat], parts[meta], *parts[beat:meta], *parts[meta + 1 :]]


def _meta_line(line: Line, names: CastNames) -> str:
    entry = read_entry(line)
    if entry is None or not entry.key:
        return line.text.strip()
    value = entry.value
    if entry.key == "default-character":
        value = names.find(value) or value
    elif entry.key == "default-pace":
        value = fold(value)
    return f"{META_KEYS[entry.key]}: {value}".rstrip()


def _body_line(text: str, names: CastNames) -> str:
    if "[" not in text:
        return text.strip()
    return "".join(
        text[start:end] if bracket is None else _spelled(bracket, names)
        for start, end, bracket in tokenise(text)
    ).strip()


def _spelled(bracket: Bracket, names: CastNames) -> str:
    if bracket.kind == "audio":
        return f"[{bracket.value}]"
    if bracket.kind == "bare" or bracket.name not in TAGS:
        return f"[{bracket.inner}]"
    value = bracket.value
    if bracket.name == "character":
        value = names.find(value) or value
    elif bracket.name == "pace":
        value = fold(value)
    elif bracket.name == "pause":
        value = "".join(value.split()).lower()
    return f"[{TAGS[bracket.name]}: {value}]" if value else f"[{TAGS[bracket.name]}:]"


def _block(lines: Iterable[str]) -> list[str]:
    """Lines without blank ones around them. Between them the outline has left one for each gap."""
    block = ["" if line.isspace() else line for line in lines]
    while block and not block[-1]:
        block.pop()
    return block[1:] if block and not block[0] else block
