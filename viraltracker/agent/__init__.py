"""The agent: everything the studio can do, by asking. One toolset for the page, the terminal and MCP.

In: the studio, a model, a producer's words and answers. Out: turns of a conversation as events, and what the
tools did. May import workflow, studio and everything below; pydantic_ai and mcp are at home here alone.
"""

from viraltracker.agent.approvals import Approval, Approvals, Question
from viraltracker.agent.bench import Bench
from viraltracker.agent.conversations import Conversations, Kept, Line
from viraltracker.agent.events import Asked, Began, Ended, Event, Failed, Progress, Said
from viraltracker.agent.models import Choice, Model, chosen_model, make_model, save_choice
from viraltracker.agent.toolset import TOOLS, studio_toolset
from viraltracker.agent.transcript import Call, Spoken, transcript
from viraltracker.agent.turn import Turn, questions, take_turn
from viraltracker.agent.words import cost_words, question_lines

__all__ = [
    "TOOLS",
    "Approval",
    "Approvals",
    "Asked",
    "Began",
    "Bench",
    "Call",
    "Choice",
    "Conversations",
    "Ended",
    "Event",
    "Failed",
    "Kept",
    "Line",
    "Model",
    "Progress",
    "Question",
    "Said",
    "Spoken",
    "Turn",
    "chosen_model",
    "cost_words",
    "make_model",
    "question_lines",
    "questions",
    "save_choice",
    "studio_toolset",
    "take_turn",
    "transcript",
]
