"""Writing with a model: its text is read by the parser, and goes back to it until it is a script.

In: a model, the cast, a task with its material. Out: a draft and what is left to mend, or acting notes.
Whoever asked decides what becomes of them: nothing here saves, and the writers have no tools.
"""

from viraltracker.agent.writing.brief import material
from viraltracker.agent.writing.writer import ROUNDS, Drafted, Suggestion, Writer

__all__ = ["ROUNDS", "Drafted", "Suggestion", "Writer", "material"]
