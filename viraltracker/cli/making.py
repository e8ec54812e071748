"""What could not be made, as a command's error: beat by beat, with the reason of each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viraltracker.errors import SpeechError

if TYPE_CHECKING:
    from viraltracker.workflow import Failure

__all__ = ["refuse_failed"]


def refuse_failed(failures: "Sequence[Failure]", takes: int) -> None:
    """Raise `SpeechError` naming each of the `failures`, if there are any, among so many takes."""
    if failures:
        head = f"{len(failures)} of {takes} takes could not be made; the others are kept."
        raise SpeechError("\n".join([head, *(f"  {each.words}" for each in failures)]))
