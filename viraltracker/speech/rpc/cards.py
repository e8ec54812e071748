"""What is known of a voice worker from afar: enough to choose one. Written by workers, read by studios."""

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

__all__ = ["MOST_CARD_BYTES", "WorkerCard", "card_from_json", "card_to_json"]

MOST_CARD_BYTES: Final = 64 * 1024
"""A card lists the names of some hundred models at most; what is longer was not written by a worker."""


@dataclass(frozen=True, slots=True)
class WorkerCard:
    """A worker as it last described itself. `rtf`: seconds of work for a second of audio; 0: not known yet.

    `resident`: ids of models in memory, `models`: of all it could load. `free_slots`: sessions it would take.
    """

    name: str
    address: str
    languages: tuple[str, ...] = ()
    resident: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    max_sessions: int = 1
    free_slots: int = 1
    queue_depth: int = 0
    rtf: float = 0.0
    draining: bool = False


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    address: str = Field(min_length=3, max_length=260)
    languages: tuple[str, ...] = Field(default=(), max_length=500)
    resident: tuple[str, ...] = Field(default=(), max_length=1000)
    models: tuple[str, ...] = Field(default=(), max_length=1000)
    max_sessions: int = Field(default=1, ge=0, le=10_000)
    free_slots: int = Field(default=1, ge=0, le=10_000)
    queue_depth: int = Field(default=0, ge=0)
    rtf: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    draining: bool = False


def card_to_json(card: WorkerCard) -> str:
    """The card as it lies in a registry."""
    fields = {name: getattr(card, name) for name in _Document.model_fields}
    return _Document(**fields).model_dump_json()


def card_from_json(text: bytes | str) -> WorkerCard | None:
    """A card out of a registry; None for what no worker wrote: anybody may write there."""
    if len(text) > MOST_CARD_BYTES:
        return None
    try:
        document = _Document.model_validate_json(text)
    except ValidationError:
        return None
    return WorkerCard(**dict(document))
