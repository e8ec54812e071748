"""One beat's block of a script: taken out as it is written, or another put in its place. Knows no cast."""

from difflib import unified_diff

from viraltracker.errors import BadInput, NotFound
from viraltracker.script.blocks import BeatBlock
from viraltracker.script.parse import read_outline
from viraltracker.script.source import split_lines

__all__ = ["beat_block", "changed_lines", "with_block"]


def beat_block(els: str, beat_id: str) -> str:
    """The block of that beat, from `[BEAT: id]` to `[END_BEAT]`. Raises `NotFound`."""
    lines, block = _found(els, beat_id)
    first, last, end_at = _extent(block)
    return "\n".join([*lines[first:last], lines[last][:end_at]])


def with_block(els: str, beat_id: str, block: str) -> str:
    """The script with `block` in that beat's place; everything else stays, lines end at LF.

    Words around the block are no part of it. The result may have errors: whoever saves it parses it. Raises
    `NotFound`, and `BadInput` when `block` is not one whole beat of the same id.
    """
    lines, old = _found(els, beat_id)
    inside = read_outline(block).beats
    if [each.id for each in inside] != [beat_id] or inside[0].end is None:
        raise BadInput(
            f"A new text for beat {beat_id} begins with [BEAT: {beat_id}] and ends with [END_BEAT], "
            "with no other beat in it."
        )
    first, last, end_at = _extent(old)
    # What stands behind the block stays on its last line: on a line of its own it could mean something else.
    put = split_lines(beat_block(block, beat_id).lstrip() + lines[last][end_at:])
    return "\n".join([*lines[:first], *put, *lines[last + 1 :]])


def changed_lines(old: str, new: str) -> tuple[str, ...]:
    """The lines that differ, each after `-` or `+`, and a few around them after a blank."""
    found = unified_diff(split_lines(old), split_lines(new), lineterm="", n=2)
    return tuple(line for line in list(found)[2:] if not line.startswith("@@"))


def _found(els: str, beat_id: str) -> tuple[list[str], BeatBlock]:
    for block in read_outline(els).beats:
        if block.id == beat_id and block.end is not None:
            return split_lines(els), block
    raise NotFound(f'There is no beat "{beat_id}" in the script.')


def _extent(block: BeatBlock) -> tuple[int, int, int]:
    """Indexes of its first and last line, and where `[END_BEAT]` ends in the last."""
    assert block.end is not None  # noqa: S101 - only whole blocks come here
    return block.line - 1, block.end.number - 1, block.end.offset + len(block.end.text)
