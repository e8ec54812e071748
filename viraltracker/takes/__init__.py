"""A production session: plan, generate, judge, compare, pick; what it costs and what was paid.

In: beats of a script, voice profiles, engines, rows through `Records`, audio through `Blobs`. Out: takes,
standings, requests for jobs, the work of one job. May import speech, script, voices, audio, units and errors.
"""

from viraltracker.takes.batch import Batch, batch_under_way
from viraltracker.takes.cast import CastBook, Member, ProfileVersion, as_script_cast
from viraltracker.takes.choose import Choose, best_takes
from viraltracker.takes.finish import assemble
from viraltracker.takes.generate import Cancelled, Estimated, Generate, Requested, gaps
from viraltracker.takes.judge import expected_ms, judge
from viraltracker.takes.keys import plan_key
from viraltracker.takes.model import (
    BeatPlan,
    BeatRow,
    BeatState,
    ExportRow,
    Finding,
    Judgement,
    Making,
    PlannedSegment,
    Revision,
    Session,
    SessionStatus,
    Take,
    TakeStatus,
)
from viraltracker.takes.overview import PAGE, Overview, SessionLine, SessionPage
from viraltracker.takes.plan import Planner
from viraltracker.takes.ports import Blobs, Records, Slots
from viraltracker.takes.produce import Producer
from viraltracker.takes.rows import export_of, plan_json, plan_of, revision_json, session_of
from viraltracker.takes.sessions import Found, Saved, ScriptText, Sessions, Shelf, VersionLine
from viraltracker.takes.stale import differences
from viraltracker.takes.state import (
    SessionStanding,
    Standing,
    beat_standing,
    session_standing,
    spoken_on,
)

__all__ = [
    "PAGE",
    "Batch",
    "BeatPlan",
    "BeatRow",
    "BeatState",
    "Blobs",
    "Cancelled",
    "CastBook",
    "Choose",
    "Estimated",
    "ExportRow",
    "Finding",
    "Found",
    "Generate",
    "Judgement",
    "Making",
    "Member",
    "Overview",
    "PlannedSegment",
    "Planner",
    "Producer",
    "ProfileVersion",
    "Records",
    "Requested",
    "Revision",
    "Saved",
    "ScriptText",
    "Session",
    "SessionLine",
    "SessionPage",
    "SessionStanding",
    "SessionStatus",
    "Sessions",
    "Shelf",
    "Slots",
    "Standing",
    "Take",
    "TakeStatus",
    "VersionLine",
    "as_script_cast",
    "assemble",
    "batch_under_way",
    "beat_standing",
    "best_takes",
    "differences",
    "expected_ms",
    "export_of",
    "gaps",
    "judge",
    "plan_json",
    "plan_key",
    "plan_of",
    "revision_json",
    "session_of",
    "session_standing",
    "spoken_on",
]
