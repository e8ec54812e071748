"""The script in the editor of one tab: what was typed, what was found in it, and what it is based on.

Lives in the tab's memory until it is saved; the saved text rests in the database.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from viraltracker.errors import StudioError
from viraltracker.script import Cast, Parsed, Script, format_script, parse
from viraltracker.studio import Studio
from viraltracker.takes import Saved
from viraltracker.ui import state
from viraltracker.ui.desk import run, studio
from viraltracker.ui.show.script import marks, mended_text
from viraltracker.ui.views.editor import EditorView, Jump

__all__ = ["Draft", "begin_anew", "draft_of"]


@dataclass(slots=True)
class Draft:
    """A script of `owner` being written. `number` is the version it is based on; None: a session that isn't
    yet.

    `revision` changes when the studio, not the producer, changed `text`. `problem` is said above the
    findings. `fresh`: nothing is typed yet, and what the tab still holds of an earlier script is done with.
    """

    owner: UUID
    session: UUID | None
    number: int | None
    text: str
    saved_text: str
    cast: Cast
    revision: int = 0
    jump: Jump | None = None
    problem: str = ""
    conflict: dict[str, Any] = field(default_factory=dict)
    uploaded: str = ""
    fresh: bool = False
    _parsed: tuple[str, Parsed] | None = None

    @property
    def parsed(self) -> Parsed | None:
        """What the parser says of the text; None while there is nothing to say something of."""
        if not self.text.strip():
            return None
        if self._parsed is None or self._parsed[0] != self.text:
            self._parsed = (self.text, parse(self.text, self.cast))
        return self._parsed[1]

    @property
    def saved_script(self) -> Script | None:
        """The version this is based on."""
        return parse(self.saved_text, self.cast).script if self.number is not None else None

    @property
    def view(self) -> EditorView:
        """The editor on it."""
        return EditorView(
            self.text,
            self.revision,
            f"{self.owner}:{self.session or 'new'}",
            self.number or 0,
            marks(self.parsed),
            self.jump,
            placeholder="[META]\nvideo_title: …",
            fresh=self.fresh,
        )

    @property
    def is_saved(self) -> bool:
        """Whether the text is the saved one."""
        return self.text == self.saved_text

    def type(self, text: str) -> None:
        """The producer typed."""
        self.text = text
        self.fresh = False
        self.problem = ""

    def replace(self, text: str) -> None:
        """The studio puts other text into the editor; the editor's own undo takes it back."""
        self.text = text
        self.revision += 1
        self.problem = ""

    def clicked(self, card: str, row: str, action: str) -> None:
        """A finding was clicked: go there, or mend it."""
        if card != "findings" or self.parsed is None or not row.isdigit():
            return
        found = self.parsed.diagnostics[int(row)] if int(row) < len(self.parsed.diagnostics) else None
        if found is None:
            return
        if action == "fix" and found.replacement is not None:
            self.replace(mended_text(self.text, found))
        nonce = self.jump.nonce + 1 if self.jump else 1
        self.jump = Jump(found.line, found.column, nonce, found.length)

    def format(self) -> None:
        """Tidy the spelling; refused while there are errors."""
        try:
            self.replace(format_script(self.text, self.cast))
        except StudioError as error:
            self.problem = error.message

    def upload(self, file_id: str, payload: bytes) -> None:
        """Put a file's text into the editor, once a file."""
        if file_id == self.uploaded:
            return
        self.uploaded = file_id
        found = parse(payload, self.cast)
        broken = next((d for d in found.errors if d.code in ("not-utf8", "too-large")), None)
        if broken is not None:
            self.problem = f"The file was not read: {broken.message}"
            return
        self.replace(payload.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))

    def saved_as(self, number: int) -> None:
        """The text is the session's version `number` now."""
        self.number = number
        self.saved_text = self.text
        self.conflict = {}

    async def save(self, studio: Studio) -> Saved:
        """Save it. Raises `ScriptRefused`, `Conflict`."""
        if self.session is None or self.number is None:
            return await studio.sessions.create(self.text, self.cast)
        return await studio.sessions.save_script(self.session, self.text, self.number, self.cast)


def begin_anew(cast: Cast) -> Draft:
    """An empty script for the tab's next new session, in the place of the one it had. Asks nobody."""
    draft = Draft(studio().owner, None, None, "", "", cast, fresh=True)
    state.remember("draft:new", draft)
    return draft


def draft_of(session: UUID | None) -> Draft:
    """This tab's draft of the session's script; of a new session's without one."""
    name = f"draft:{session or 'new'}"
    kept = state.recall(name)
    if isinstance(kept, Draft):
        kept.cast = run(studio().script_cast())
        return kept
    cast = run(studio().script_cast())
    if session is None:
        draft = Draft(studio().owner, None, None, "", "", cast)
    else:
        saved = run(studio().sessions.script(session))
        draft = Draft(studio().owner, session, saved.number, saved.els, saved.els, cast)
    state.remember(name, draft)
    return draft
