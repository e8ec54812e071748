"""What is known of a voice worker from afar: enough to choose one. Written by workers, read by studios."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

__all__ = ["MOST_CARD_BYTES", "WorkerCard", "card_from", "card_from_json", "card_to_json"]

MOST_CARD_BYTES: Final = 64 * 1024
"""A card lists the names of some hundred models at most; what is longer was not written by a worker."""

_MOST_COUNTED: Final = 1_000_000
_ID: Final = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class WorkerCard:
    """A worker as it last described itself. `rtf`: seconds of work for a second of audio; 0: not known yet.

    `resident`: ids of models in memory, `models`: of all it could load. `free_slots`: sessions it would take.
    Its address is who it is: a name may be given twice.
    """

    name: str
    address: str
    languages: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    resident: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    max_sessions: int = 1
    free_slots: int = 1
    queue_depth: int = 0
    rtf: float = 0.0
    draining: bool = False


def _port(address: str) -> str:
    if not 0 < int(address.rpartition(":")[2]) < 65_536:
        raise ValueError("there is no such port")
    return address


def _ids(found: tuple[str, ...]) -> tuple[str, ...]:
    """Ids as they are shown and logged: without blanks, control characters and foreign letters."""
    return tuple(each for each in found if _ID.fullmatch(each))


_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
# No scheme: gRPC knows some that would lead elsewhere than to a host.
_Address = Annotated[
    str,
    Field(max_length=260, pattern=r"^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$"),
    AfterValidator(_port),
]
_Ids = Annotated[tuple[str, ...], AfterValidator(_ids)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: _Name
    address: _Address
    languages: _Ids = Field(default=(), max_length=500)
    capabilities: _Ids = Field(default=(), max_length=50)
    resident: _Ids = Field(default=(), max_length=1000)
    models: _Ids = Field(default=(), max_length=1000)
    max_sessions: int = Field(default=1, ge=0, le=10_000)
    free_slots: int = Field(default=1, ge=0, le=10_000)
    queue_depth: int = Field(default=0, ge=0, le=_MOST_COUNTED)
    rtf: float = Field(default=0.0, ge=0.0, le=_MOST_COUNTED, allow_inf_nan=False)
    draining: bool = False


def card_to_json(card: WorkerCard) -> str:
    """The card as it lies in a registry. One that would be too long names as many models as fit."""
    fields = {name: getattr(card, name) for name in _Document.model_fields}
    models = card.models[:1000]
    while True:
        text = _Document(**{**fields, "models": models}).model_dump_json()
        if len(text) <= MOST_CARD_BYTES:
            return text
        models = models[: len(models) * 3 // 4]


def card_from_json(text: bytes | str) -> WorkerCard | None:
    """A card out of a registry; None for what no worker wrote: anybody may write there."""
    if len(text) > MOST_CARD_BYTES:
        return None
    try:
        document = _Document.model_validate_json(text)
    except ValueError:  # pydantic's own, and text that is no Unicode
        return None
    return WorkerCard(**dict(document))


def card_from(fields: Mapping[str, object]) -> WorkerCard | None:
    """A card of what a worker answered; None for what none of ours would say."""
    try:
        return WorkerCard(**dict(_Document.model_validate(fields)))
    except ValidationError:
        return None
