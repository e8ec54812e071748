"""A conversation with the agent as its page shows it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from viraltracker.agent.approvals import Approval
from viraltracker.agent.conversations import Kept
from viraltracker.agent.conversations import Line as Conversation
from viraltracker.agent.costs import cost_usd
from viraltracker.agent.models import Choice
from viraltracker.agent.transcript import Call, Spoken
from viraltracker.ui.live import Line
from viraltracker.ui.show.deeds import Links, deed_of
from viraltracker.ui.show.questions import ask_of, gone_ask, settled
from viraltracker.ui.show.words import ago, dollars, plural
from viraltracker.ui.views.board import Tone
from viraltracker.ui.views.cards import Card, Cell, Column, Row, Sheet
from viraltracker.ui.views.chat import Ask, ChatLine, ChatView, DeedState, Returned, Setup, Words

__all__ = ["Scene", "agent_sub", "chat_view", "open_answers", "side_sheet"]

Busy = Literal["", "here", "elsewhere"]

SETUP = (
    Setup(
        "A model on this machine: Ollama, llama.cpp, vLLM",
        ("Model      qwen3:8b", "Base URL   http://127.0.0.1:11434/v1"),
    ),
    Setup(
        "A cloud model",
        ("Model      anthropic:claude-sonnet-4-5", "and ANTHROPIC_API_KEY in the environment of the studio"),
    ),
)
_BESIDE = (
    "Where does this episode stand, and what is missing?",
    "Make what is missing or stale, and tell me what it costs first",
    "Master the episode and tell me its length and loudness",
)
_ALONE = (
    "Which sessions need me, and for what?",
    "How does each character speak now?",
    "What is being made, and what lately failed?",
)
_CUT_OFF = "The answer was cut off. Say “go on”."
_UNANSWERED = "There was no answer to this. Say “go on”, or say it again."
_ELSEWHERE = "The agent is answering in another tab."


@dataclass(frozen=True, slots=True)
class Scene:
    """All that one look at a conversation knows.

    `lines` are what was said, with the turn under way. `asked` are the questions that calls wait for:
    call -> the approval's id; `approvals` what is known of them; `said` what was answered on this page.
    `failure` is why the last turn of this process broke off, `stopped` whether that was wanted. `refused` is
    why a turn of this tab never began, `returned` what it should have said.
    """

    kept: Kept
    lines: tuple[Line, ...]
    choice: Choice | None
    busy: Busy = ""
    working: frozenset[str] = frozenset()
    progress: str = ""
    failure: str = ""
    stopped: bool = False
    asked: Mapping[str, UUID] = field(default_factory=dict)
    approvals: Mapping[UUID, Approval] = field(default_factory=dict)
    said: Mapping[str, bool] = field(default_factory=dict)
    returned: Returned | None = None
    refused: str = ""

    @property
    def answers(self) -> Mapping[str, bool | None]:
        """Call -> the answer to its question, given here or anywhere; None while there is none."""
        found = {}
        for call, approval in self.asked.items():
            known = self.approvals.get(approval)
            found[call] = self.said.get(call, settled(known) if known else None)
        return found


def open_answers(scene: Scene) -> Mapping[str, bool] | None:
    """All answers once every question has one; None while the producer still has to say something."""
    answers = scene.answers
    complete = {call: answer for call, answer in answers.items() if answer is not None}
    return complete if answers and len(complete) == len(answers) else None


def chat_view(scene: Scene, links: Links) -> ChatView:
    """The conversation."""
    beside = scene.kept.line.session
    notice, tone = _notice(scene)
    fresh = not scene.lines
    return ChatView(
        conversation=scene.kept.line.id,
        revision=scene.kept.line.revision,
        lines=tuple(_line(place, line, scene, links) for place, line in enumerate(scene.lines)),
        busy=scene.busy,
        doing=_doing(scene),
        notice=notice,
        tone=tone,
        closed="" if scene.choice else "Set a model, then say what you want.",
        go_on="Go on" if not scene.busy and open_answers(scene) is not None else "",
        returned=scene.returned,
        examples=(_BESIDE if beside else _ALONE) if fresh and scene.choice else (),
        setup=() if scene.choice else SETUP,
    )


def _line(place: int, line: Line, scene: Scene, links: Links) -> ChatLine:
    if isinstance(line, Spoken):
        return ChatLine(f"w{place}", words=Words(line.by, line.text))
    if line.outcome == "waits" and line.id in scene.asked and line.id not in scene.working:
        return ChatLine(f"c{line.id}", ask=_ask(line, scene))
    state = _state(line, scene)
    progress = scene.progress if line.id == _at_work(scene) else ""
    return ChatLine(f"c{line.id}", deed=deed_of(line, state, scene.kept.line.session, links, progress))


def _ask(call: Call, scene: Scene) -> Ask:
    approval = scene.asked[call.id]
    known, said = scene.approvals.get(approval), scene.said.get(call.id)
    return ask_of(known, call.id, said) if known else gone_ask(approval, call.id, said)


def _at_work(scene: Scene) -> str:
    """The call that began last of those under way: what is said of progress is taken to be its."""
    calls = [line.id for line in scene.lines if isinstance(line, Call) and line.id in scene.working]
    return calls[-1] if calls else ""


def _state(call: Call, scene: Scene) -> DeedState:
    if call.outcome != "waits":
        return call.outcome
    if call.id in scene.working or scene.busy == "elsewhere":
        return "working"
    return "waits" if scene.busy else "interrupted"


def _doing(scene: Scene) -> str:
    if scene.busy == "elsewhere":
        return _ELSEWHERE
    if scene.busy and not scene.working:
        last = scene.lines[-1] if scene.lines else None
        return "" if isinstance(last, Spoken) and last.by == "agent" else "Thinking"
    return ""


def _notice(scene: Scene) -> tuple[str, Tone | None]:
    if scene.refused:
        return scene.refused, "review"
    if scene.busy:
        return "", None
    if scene.failure:
        return scene.failure, "review" if scene.stopped else "failed"
    if scene.kept.line.broken:
        return _CUT_OFF, "review"
    last = scene.lines[-1] if scene.lines else None
    if last is None or scene.asked or (isinstance(last, Spoken) and last.by == "agent"):
        return "", None
    return _UNANSWERED, "review"


def agent_sub(title: str, choice: Choice | None) -> str:
    """`beside Tax Day, Explained · qwen3:8b`."""
    return f"{f'Beside {title}' if title else 'Beside no session'} · {choice.model if choice else 'no model'}"


def side_sheet(scene: Scene, conversations: Iterable[Conversation], now: datetime) -> Sheet:
    """What this conversation has used, and the others beside the same session."""
    return Sheet((_usage(scene.kept, scene.choice), _others(scene.kept, conversations, now)))


def _usage(kept: Kept, choice: Choice | None) -> Card:
    usage, cost = kept.usage, cost_usd(kept.history, kept.usage)
    facts = [
        ("Requests", f"{usage.requests:,}"),
        ("Tokens in", f"{usage.input_tokens:,}"),
        ("Tokens out", f"{usage.output_tokens:,}"),
    ]
    if cost:
        facts.append(("Cost", dollars(cost, exact=False)))
    elif not (choice and choice.base_url):  # a server of one's own has no price list
        facts.append(("Cost", "not known"))
    rows = tuple(Row(name, (Cell(name), Cell(value))) for name, value in facts) if usage.requests else ()
    nothing = "Nothing has been asked yet."
    return Card("usage", "This conversation", (Column(""), Column("", "number")), rows, nothing=nothing)


def _others(kept: Kept, listed: Iterable[Conversation], now: datetime) -> Card:
    rows = tuple(
        Row(
            str(line.id),
            (
                Cell(
                    ago(line.updated_at, now),
                    sub=plural(line.messages, "message"),
                    strong=line.id == kept.line.id,
                ),
                Cell(_standing(line), tone="review" if line.broken else None),
            ),
            opens="" if line.id == kept.line.id else "Open this conversation",
        )
        for line in listed
    )
    return Card("conversations", "Conversations", (Column(""), Column("", "fit")), rows)


def _standing(line: Conversation) -> str:
    return "answering" if line.busy else "cut off" if line.broken else ""
