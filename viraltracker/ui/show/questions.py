"""What waits for a producer's yes, as a card with two buttons. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal
from uuid import UUID

from viraltracker.agent.approvals import Approval, Kind, Question
from viraltracker.ui.show.deed_words import about_dollars
from viraltracker.ui.show.words import plural
from viraltracker.ui.views.board import Tone
from viraltracker.ui.views.chat import Ask, QuestionsView

__all__ = ["ask_of", "gone_ask", "questions_view", "settled"]

_TONES: Mapping[Kind, Tone] = {"spend": "review", "destroy": "failed", "write": "generating"}
_LAPSED: Mapping[str, str] = {
    "expired": "This question has waited too long. Prices and texts may have changed since.",
    "used": "The yes to this was used already.",
    "withdrawn": "Something changed since this was asked.",
}
_NAMED = 8
_DIFF = 400


def ask_of(approval: Approval, call: str = "", said: bool | None = None) -> Ask:
    """The question; `said` is what was answered on this page already."""
    question = approval.question
    yes, no = _buttons(question)
    lapsed = _LAPSED.get(approval.status, "")
    answer = settled(approval) if said is None else said
    return Ask(
        id=approval.id,
        tone=_TONES[question.kind],
        title=question.title,
        cost=about_dollars(question.usd, question.exact) if question.kind == "spend" else "",
        yes="Ask again" if lapsed else yes,
        no="Leave it" if lapsed else no,
        call=call,
        facts=_facts(question),
        lines=question.lines,
        diff=_diff(question),
        answer=_word(answer),
        lapsed=lapsed,
    )


def gone_ask(approval: UUID, call: str, said: bool | None) -> Ask:
    """A question that nobody remembers: it can only be asked again."""
    return Ask(
        approval,
        "empty",
        "A question from before",
        "",
        "Ask again",
        "Leave it",
        call=call,
        answer=_word(said),
        lapsed="What was asked is not known any more.",
    )


def settled(approval: Approval) -> bool | None:
    """The answer that the database holds; None while there is none, or where it came to nothing."""
    return {"granted": True, "refused": False}.get(approval.status)


def questions_view(elsewhere: Iterable[Approval]) -> QuestionsView:
    """What other conversations, the terminal and connected programs ask."""
    return QuestionsView("Waiting for your yes", tuple(ask_of(each) for each in elsewhere))


def _word(answer: bool | None) -> Literal["", "yes", "no"]:
    return "" if answer is None else "yes" if answer else "no"


def _buttons(question: Question) -> tuple[str, str]:
    match question.kind:
        case "spend":
            cost = about_dollars(question.usd, question.exact)
            return "Yes, it's free" if cost == "free" else f"Yes, {cost}", "No"
        case "destroy":
            return "Yes, delete", "No, keep it"
        case "write":
            return "Yes, save this", "No, leave it"


def _facts(question: Question) -> tuple[str, ...]:
    facts = []
    if question.beats and not (len(question.beats) == 1 and question.beats[0] in question.title):
        named = ", ".join(question.beats[:_NAMED])
        more = f" and {len(question.beats) - _NAMED} more" if len(question.beats) > _NAMED else ""
        facts.append(f"{named}{more}")
    if question.characters:
        facts.append(plural(question.characters, "character"))
    return tuple(facts)


def _diff(question: Question) -> tuple[str, ...]:
    more = len(question.diff) - _DIFF
    return question.diff if more <= 0 else (*question.diff[:_DIFF], f"  … and {plural(more, 'line')} more")
