"""Scripts that nobody has accepted yet: put to the producer with all that changes, saved once there is a yes.

Page, terminal and tool accept by the same function. Knows no model.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from viraltracker.agent.approvals import Approval, Approvals, Question
from viraltracker.agent.bench import Bench
from viraltracker.agent.results import PAGE, FindingLine, cut
from viraltracker.errors import BadInput
from viraltracker.script import Cast, Diagnostic, Parsed, changed_lines, diff, parse
from viraltracker.studio import Studio
from viraltracker.takes import Saved

__all__ = ["ACCEPT", "Draft", "Proposal", "accept_proposal", "draft_of", "propose", "settle"]

ACCEPT = "accept_script"
"""The tool that a question about a script covers."""
_DIFF_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Draft:
    """A script that nobody has accepted: a new session's, or over version `based_on` of one that there is.

    `before` is the text that it would replace.
    """

    els: str
    session: UUID | None = None
    based_on: int = 0
    before: str = ""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What a yes to it covers."""
        return {
            "session": str(self.session) if self.session else None,
            "based_on": self.based_on,
            "els": self.els,
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """A script that waits for the producer; nothing is saved. accept_script asks for the yes to `proposal`.

    Without one there is nothing to accept. Not `acceptable`: errors are left. `left_out`: what is not in it.
    """

    says: tuple[str, ...]
    proposal: str | None = None
    acceptable: bool = False
    diff: tuple[str, ...] = ()
    more_diff: int = 0
    findings: tuple[FindingLine, ...] = ()
    more_findings: int = 0
    left_out: tuple[str, ...] = ()


async def propose(
    bench: Bench, draft: Draft, title: str, notes: Iterable[str] = (), left_out: Iterable[str] = ()
) -> Proposal:
    """Put a draft to the producer. `notes` say why, `left_out` what was wanted and is not in it."""
    left = tuple(left_out)
    if draft.els == draft.before:
        return Proposal(("The text is the same as before: there is nothing to accept.",), left_out=left)
    cast = await bench.studio.script_cast()
    parsed = parse(draft.els, cast)
    says = _says(draft, parsed, cast)
    found = sorted(parsed.diagnostics, key=lambda each: (each.severity != "error", each.line))
    change = changed_lines(draft.before, draft.els) if draft.before else _all_new(draft.els)
    question = Question(
        "write",
        title,
        beats=_changed_beats(draft, parsed, cast),
        lines=(*says, *notes, *(f"Left out: {each}" for each in left), *map(_finding_words, found[:PAGE])),
        diff=change,
    )
    asked = await bench.approvals.ask(
        ACCEPT, draft.arguments, question, session=draft.session, conversation=bench.conversation
    )
    return Proposal(
        says=(title, *says),
        proposal=str(asked.id),
        acceptable=parsed.script is not None,
        diff=tuple(cut(line) for line in change[:_DIFF_SHOWN]),
        more_diff=max(0, len(change) - _DIFF_SHOWN),
        findings=tuple(
            FindingLine(d.severity, d.code, d.line, d.column, cut(d.message, 300), d.hint)
            for d in found[:PAGE]
        ),
        more_findings=max(0, len(found) - PAGE),
        left_out=left,
    )


def draft_of(approval: Approval) -> Draft:
    """The draft that a question is about. Raises `BadInput` when it is about something else."""
    if approval.tool != ACCEPT:
        raise BadInput("That question is not about a script.")
    held = approval.arguments
    session = UUID(held["session"]) if held["session"] else None
    return Draft(held["els"], session, held["based_on"])


async def accept_proposal(studio: Studio, approval: Approval) -> Saved:
    """Save what the producer said yes to, and use the yes up: both or neither.

    Raises `ScriptRefused` while errors are left, `Conflict` with both texts when the script moved on (the yes
    stays unused), and `NeedsApproval` when there is no yes, or it was used or ended.
    """
    draft = draft_of(approval)
    return await studio.sessions.accept(approval.id, draft.session, draft.els, await studio.script_cast())


async def settle(studio: Studio, question: UUID, granted: bool) -> Saved | None:
    """A producer's answer to a question; a script that is accepted by it is saved, and told.

    Raises what `Approvals.decide` and `accept_proposal` raise.
    """
    answered = await Approvals(studio.records).decide(question, granted)
    return await accept_proposal(studio, answered) if granted and answered.tool == ACCEPT else None


def _says(draft: Draft, parsed: Parsed, cast: Cast) -> tuple[str, ...]:
    errors = len(parsed.errors)
    if errors:
        count = "1 error is" if errors == 1 else f"{errors} errors are"
        return (f"{count} left, so it can't be accepted as it is.",)
    stats, before = parsed.stats, parse(draft.before, cast).script
    says = []
    if stats:
        length_s = round(stats.duration_ms / 1000)
        says.append(f"{stats.beats} beats, {stats.characters:,} characters, about {length_s} s.")
    if before and parsed.script:
        stale = diff(before, parsed.script).needing_takes
        says.append(f"{len(stale)} of the beats that were there need new takes.")
    return tuple(says)


def _changed_beats(draft: Draft, parsed: Parsed, cast: Cast) -> tuple[str, ...]:
    before = parse(draft.before, cast).script
    if parsed.script is None or before is None:
        return ()
    return tuple(change.beat_id for change in diff(before, parsed.script).changes)


def _all_new(els: str) -> tuple[str, ...]:
    return tuple(f"+{line}" for line in els.split("\n"))


def _finding_words(found: Diagnostic) -> str:
    hint = f" ({found.hint})" if found.hint else ""
    return f"{found.severity}, line {found.line}, column {found.column}: {cut(found.message, 300)}{hint}"
