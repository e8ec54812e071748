"""Questions that wait for a producer's yes and came from elsewhere: other conversations, terminal, programs.

In: a `QuestionsView`. Out: `Answered`.
"""

from collections.abc import Iterator

from viraltracker.ui.components.chat.events import Answered, chat_events_of
from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views.chat import QuestionsView

__all__ = ["questions", "questions_events"]

_PART = Part("questions", script="questions/main.js", styles=("chat/question.css", "questions/questions.css"))


def questions_events(key: str = "questions") -> Iterator[Answered]:
    """What was answered since the last run."""
    for letter in inbox(key):
        yield from (event for event in chat_events_of([letter]) if isinstance(event, Answered))


def questions(view: QuestionsView, key: str = "questions") -> None:
    """Draw the questions."""
    _PART.draw(key, view)
