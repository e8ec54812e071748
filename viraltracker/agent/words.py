"""What the agent asks and does, in a producer's words; the same on the page and in the terminal. Pure."""

from viraltracker.agent.approvals import Question

__all__ = ["cost_words", "question_lines"]

_LISTED = 12


def cost_words(question: Question) -> str:
    """`free`, `$0.12`, `about $0.12`; what costs something never reads as nothing."""
    if question.usd <= 0:
        return "free"
    shown = f"${max(question.usd, 0.01):,.2f}"
    return shown if question.exact and question.usd >= 0.01 else f"about {shown}"


def question_lines(question: Question) -> tuple[str, ...]:
    """The question with all that a producer decides on."""
    lines = [question.title]
    if question.beats:
        more = len(question.beats) - _LISTED
        named = ", ".join(question.beats[:_LISTED]) + (f" and {more} more" if more > 0 else "")
        lines.append(f"{len(question.beats)} {'beat' if len(question.beats) == 1 else 'beats'}: {named}")
    if question.kind == "spend":
        lines.append(f"{question.characters:,} characters, {cost_words(question)}")
    return (*lines, *question.lines, *question.diff)
