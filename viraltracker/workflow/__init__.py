"""The whole line in one call (skeleton that the room itself replaces)."""

from collections.abc import Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import anyio

from viraltracker.studio import Studio
from viraltracker.takes import ExportRow, Session

__all__ = [
    "Event",
    "Failure",
    "Hands",
    "Order",
    "Outcome",
    "Planned",
    "Tell",
    "complete_audio_workflow",
    "export_ended",
    "hands_for",
    "plan_of_work",
    "takes_ended",
]

Event = Any
Tell = Callable[[Any], None]


class Hands:
    """Skeleton."""

    async def ensure(self) -> None:
        """Skeleton."""


@asynccontextmanager
async def hands_for(studio: Studio):
    """Skeleton."""
    yield Hands()


@dataclass(frozen=True, slots=True)
class Order:
    """Skeleton."""

    els: str | None
    session: UUID | None = None
    engine: str | None = None
    stereo: bool = False
    leave_out: bool = False
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Skeleton."""

    beat_id: str
    take: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Skeleton."""

    session: UUID
    export: ExportRow | None
    takes: int
    generations_made: int
    generations_reused: int
    usd: float
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """Skeleton."""

    session: UUID | None
    title: str
    beats: tuple[str, ...]
    characters: int
    usd: float
    exact: bool


async def takes_ended(
    studio: Studio,
    session: UUID,
    wanted: Collection[UUID],
    tell: Tell,
    hands: Hands | None,
    *,
    within_s: float | None = None,
) -> Session:
    """Skeleton."""
    with anyio.move_on_after(within_s if within_s is not None else 1e6):
        while True:
            held = await studio.sessions.get(session)
            if not any(
                t.id in wanted and t.status in ("queued", "generating") for b in held.beats for t in b.takes
            ):
                return held
            await anyio.sleep(0.1)
    return await studio.sessions.get(session)


async def export_ended(
    studio: Studio, export: UUID, tell: Tell, hands: Hands | None, *, within_s: float | None = None
) -> ExportRow:
    """Skeleton."""
    with anyio.move_on_after(within_s if within_s is not None else 1e6):
        while True:
            row = await studio.exports.get(export)
            if row.status not in ("queued", "generating"):
                return row
            await anyio.sleep(0.1)
    return await studio.exports.get(export)


async def plan_of_work(studio: Studio, order: Order) -> Planned:
    """Skeleton."""
    from viraltracker.takes import gaps

    held = await studio.sessions.get(order.session)
    generate = await studio.generate()
    missing = gaps(held, generate.planner)
    cost = generate.estimate(missing)
    return Planned(
        held.id, held.title, tuple(b.beat_id for b in missing), cost.characters, cost.usd, cost.exact
    )


async def complete_audio_workflow(studio: Studio, order: Order, tell: Tell, hands: Hands | None) -> Outcome:
    """Skeleton."""
    from viraltracker.takes import best_takes

    held = await studio.sessions.get(order.session)
    asked = await (await studio.generate()).fill(held, pick=True, batch=order.batch)
    held = await takes_ended(studio, held.id, {*asked.takes, *asked.already}, tell, hands)
    await studio.choose.pick(held.id, best_takes(held, await studio.planner()))
    held = await studio.sessions.get(held.id)
    row = await export_ended(
        studio, (await studio.exports.request_mp3(held, order.stereo, order.leave_out)).id, tell, hands
    )
    return Outcome(held.id, row, len(held.script_beats), 0, 0, 0.0, ())
