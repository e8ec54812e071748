"""The script editor (Script page): instant highlighting, findings under their columns, no typing lost.

In: an `EditorView`. Out: `Changed`, a moment after typing stops and whenever the editor is left, and `Saved`
(Ctrl+S).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views.editor import EditorView

__all__ = ["Changed", "EditorEvent", "Saved", "editor", "editor_events", "editor_events_of"]

_PART = Part("editor", script="editor/main.js", styles=("editor/editor.css",))


class Changed(BaseModel):
    """The text as it stands now; line ends are LF."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["changed"] = "changed"
    text: str


class Saved(BaseModel):
    """The producer wants this text saved."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["saved"] = "saved"
    text: str


EditorEvent = Changed | Saved
"""Anything a producer can do in the editor."""

_ADAPTER: TypeAdapter[EditorEvent] = TypeAdapter(Annotated[EditorEvent, Field(discriminator="kind")])


def editor_events_of(letters: Iterable[Mapping[str, Any]]) -> tuple[EditorEvent, ...]:
    """The events in what the browser sent. Raises `ValidationError` for what the editor never sends."""
    return tuple(_ADAPTER.validate_python(letter) for letter in letters)


def editor_events(key: str = "editor") -> Iterator[EditorEvent]:
    """What the producer did since the last run; the last text is the one that counts."""
    for letter in inbox(key):
        yield from editor_events_of([letter])


def editor(view: EditorView, key: str = "editor") -> None:
    """Draw the editor; it is as high as the window leaves."""
    _PART.draw(key, view)
