"""The script editor as it is shown: the text, what was found in it, where to jump."""

from dataclasses import dataclass

from viraltracker.script.model import Severity

__all__ = ["EditorView", "Jump", "Mark"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding's place: `line` and `column` are 1-based, columns and `length` count code points."""

    line: int
    column: int
    length: int
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Jump:
    """Where the caret shall go. `nonce` tells one wish from the next; the same again is not obeyed twice."""

    line: int
    column: int
    nonce: int
    length: int = 0


@dataclass(frozen=True, slots=True)
class EditorView:
    """The editor. `marks` belong to `text`.

    What the producer typed wins over `text` until `revision` changes: then the studio's text is taken
    (another version, a mended finding, a formatted script), and the editor's own undo takes it back.
    `draft` names whose script it is, and `base` the version that was changed (0: none is saved yet): by both
    the browser finds what was typed before the page was refreshed. `fresh` says that this is
    done with.
    """

    text: str
    revision: int
    draft: str
    base: int = 0
    marks: tuple[Mark, ...] = ()
    jump: Jump | None = None
    placeholder: str = ""
    fresh: bool = False
