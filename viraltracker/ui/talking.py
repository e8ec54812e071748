"""Turns of the agent that run in this process: begun by a page, run in the studio's loop, watched by any tab.

A turn outlives the tab that began it. What it says is kept in the database by the turn itself; here is only
what a page shows until then.
"""

import logging
import threading
from dataclasses import replace
from uuid import UUID, uuid4

from viraltracker.agent.bench import Bench
from viraltracker.agent.events import Event, Failed
from viraltracker.agent.models import chosen_model, make_model
from viraltracker.agent.transcript import Spoken, transcript
from viraltracker.agent.turn import Turn, take_turn
from viraltracker.errors import SettingsRefused, StudioError
from viraltracker.ui.current import errand
from viraltracker.ui.live import Live, heard

__all__ = ["Talk", "talk", "talk_of"]

_log = logging.getLogger(__name__)
_NO_MODEL = "No model is set, so nobody can answer. Set one with the button Model."
_BUSY = "The agent is answering in this conversation already. Wait for it, or stop it."
_CRASHED = (
    "The answer broke off for a reason that the studio doesn't know. What was said is kept; say “go on”."
)
_KEPT = 50
"""Turns that are remembered: enough to tell every open tab how its last one ended."""

_talks: dict[UUID, "Talk"] = {}
_door = threading.Lock()


class Talk:
    """One turn: what it was given, and how far it is (`live`, replaced as a whole with every event).

    `stopping`: its producer wants it to end. `revision` is the conversation's once the turn is over and kept.
    """

    def __init__(self, bench: Bench, turn: Turn) -> None:
        self.id = uuid4()
        self.turn = turn
        self.live = _begun(turn)
        self.stopping = False
        self.revision: int | None = None
        self._bench = bench

    @property
    def owner(self) -> UUID:
        """Whose conversation it is."""
        return self._bench.studio.owner

    def hear(self, event: Event) -> None:
        """Take note of what the turn tells."""
        self.live = heard(self.live, event)

    def refuse(self, why: str) -> None:
        """The turn never begins."""
        lines = transcript(self.turn.kept.history)
        self.live = replace(self.live, lines=lines, refused=why, over=True)

    async def run(self) -> None:
        """Take the turn to its end. Whatever goes wrong is said in `live`."""
        before = self.live
        try:
            await self._run()
        except StudioError as error:
            if self.live is before:
                self.refuse(error.message)
            else:
                self.hear(Failed(error.message))
        except Exception as broke:  # noqa: BLE001 - a model's library may raise anything; the loop goes on
            _log.error("agent.crashed", extra={"error": type(broke).__name__})
            self.hear(Failed(_CRASHED))
        finally:
            self.live = replace(self.live, working=frozenset(), over=True)

    async def _run(self) -> None:
        studio = self._bench.studio
        choice = await chosen_model(studio.settings, studio.records, studio.owner)
        if choice is None:
            raise SettingsRefused(_NO_MODEL)
        kept = await take_turn(self._bench, make_model(studio.settings, choice), self.turn, self.hear)
        self.revision = kept.line.revision


def talk(bench: Bench, turn: Turn) -> Talk:
    """Begin a turn in the studio's loop and come back at once; `live` tells whether it was refused."""
    begun = Talk(bench, turn)
    with _door:
        other = _talks.get(turn.kept.line.id)
        if other is not None and not other.live.over:
            begun.refuse(_BUSY)
            return begun
        over = [key for key, held in _talks.items() if held.live.over]
        for key in over[: max(0, len(_talks) - _KEPT)]:
            del _talks[key]
        _talks[turn.kept.line.id] = begun
    errand(begun.run)
    return begun


def talk_of(conversation: UUID, owner: UUID) -> Talk | None:
    """The last turn in this process of the owner's conversation, under way or over; nobody else's."""
    held = _talks.get(conversation)
    return held if held is not None and held.owner == owner else None


def _begun(turn: Turn) -> Live:
    lines = transcript(turn.kept.history)
    if turn.prompt is None:
        return Live(lines, frozenset(call for call, yes in turn.answers.items() if not yes))
    pending = turn.kept.pending
    waiting = frozenset(call.tool_call_id for call in pending.approvals) if pending else frozenset()
    return Live((*lines, Spoken("producer", turn.prompt)), waiting)
