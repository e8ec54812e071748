"""The whole line in one call: from a script to a mastered episode, and the waiting that it is made of.

In: an open studio, an `Order`, someone to tell how it goes, and `Hands` where no job worker may be alive.
Out: an `Outcome`: the session, its export, what was made and what failed; or beforehand the plan of it. May
import the studio and everything below it. Knows no page, no terminal and no agent: they are told `Event`s.
"""

from viraltracker.workflow.events import (
    Event,
    ExportProgress,
    Failure,
    SessionReady,
    TakeFailed,
    TakesDropped,
    TakesProgress,
    Tell,
    Warned,
)
from viraltracker.workflow.foresight import Order, Planned, plan_of_work, refuse_full_disk
from viraltracker.workflow.hands import Hands, hands_for
from viraltracker.workflow.line import Outcome, complete_audio_workflow
from viraltracker.workflow.waiting import export_ended, export_made, failures, takes_ended

__all__ = [
    "Event",
    "ExportProgress",
    "Failure",
    "Hands",
    "Order",
    "Outcome",
    "Planned",
    "SessionReady",
    "TakeFailed",
    "TakesDropped",
    "TakesProgress",
    "Tell",
    "Warned",
    "complete_audio_workflow",
    "export_ended",
    "export_made",
    "failures",
    "hands_for",
    "plan_of_work",
    "refuse_full_disk",
    "takes_ended",
]
