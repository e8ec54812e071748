"""JSON of the SQL functions <-> the nouns of a production. Pydantic checks the shape at this one edge."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from viraltracker.script import beat_from_json
from viraltracker.takes.model import BeatPlan, BeatRow, ExportRow, Judgement, Revision, Session, Take

__all__ = ["export_of", "judgement_json", "plan_json", "plan_of", "revision_json", "session_of"]

_PLAN = TypeAdapter(BeatPlan)
_REVISION = TypeAdapter(Revision)
_JUDGEMENT = TypeAdapter(Judgement)
_TAKE = TypeAdapter(Take)
_EXPORT = TypeAdapter(ExportRow)
_SESSION_FACTS = tuple(field.name for field in fields(Session) if field.name not in ("beats", "exports"))
_SESSION = TypeAdapter(Session)


def plan_of(value: Mapping[str, Any]) -> BeatPlan:
    """A stored plan."""
    return _PLAN.validate_python(value)


def plan_json(plan: BeatPlan) -> dict[str, Any]:
    """A plan as it is stored with its take."""
    return dict(_PLAN.dump_python(plan, mode="json"))


def revision_json(revision: Revision) -> dict[str, Any]:
    """A revision as it is stored: only what was set."""
    return dict(_REVISION.dump_python(revision, mode="json", exclude_none=True))


def judgement_json(judgement: Judgement) -> dict[str, Any]:
    """A judgement as it is stored."""
    return dict(_JUDGEMENT.dump_python(judgement, mode="json"))


def export_of(value: Mapping[str, Any]) -> ExportRow:
    """An export's row; unknown columns are the database's own business."""
    return _EXPORT.validate_python(value)


def session_of(value: Mapping[str, Any]) -> Session:
    """A session with its beats, takes and exports."""
    beats = tuple(
        BeatRow(
            id=UUID(beat["id"]),
            beat_id=beat["beat_id"],
            position=beat["position"],
            content=beat_from_json(beat["content"]),
            locked=beat["locked"],
            note=beat["note"],
            selected=None if beat["selected"] is None else UUID(beat["selected"]),
            takes=tuple(_TAKE.validate_python(take) for take in beat["takes"]),
        )
        for beat in value["beats"]
    )
    facts = {name: value[name] for name in _SESSION_FACTS}
    exports = tuple(_EXPORT.validate_python(export) for export in value["exports"])
    return _SESSION.validate_python({**facts, "beats": beats, "exports": exports})
