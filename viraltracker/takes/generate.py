"""Asking for takes: one beat, a range, what is missing or stale, one more with other settings; cancelling.

Pure decisions about what to ask for; the rows and the jobs are written by one SQL function in one
transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from viraltracker.errors import BadInput, Locked, NotFound
from viraltracker.speech import Synthesizer
from viraltracker.takes.keys import plan_key
from viraltracker.takes.model import BeatPlan, BeatRow, Revision, Session, Take
from viraltracker.takes.plan import Planner, estimates
from viraltracker.takes.ports import Records
from viraltracker.takes.rows import plan_json, revision_json
from viraltracker.takes.state import Standing, beat_standing, spoken_on

__all__ = ["Cancelled", "Estimated", "Generate", "Requested", "gaps"]

CLOUD, ELSEWHERE, LOCAL = "cloud", "gpu", "cpu"
_GAPS = ("empty", "failed", "stale")


@dataclass(frozen=True, slots=True)
class Requested:
    """What came of asking.

    The takes that were queued, those under way already, and beats left out with the reason.
    """

    batch: UUID
    takes: tuple[UUID, ...]
    already: tuple[UUID, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Takes dropped from the queue, and takes that finish because their call is under way."""

    dropped: int
    finishing: int


@dataclass(frozen=True, slots=True)
class Estimated:
    """What a request would come to. `exact` False: the provider decides afterwards."""

    beats: int
    characters: int
    usd: float
    exact: bool


def gaps(
    session: Session,
    planner: Planner,
    engine: str | None = None,
    known: Mapping[str, Standing] | None = None,
) -> tuple[BeatRow, ...]:
    """The beats that are empty, failed or stale: what "fill gaps and stale" makes.

    With `engine` those that have no fitting take which that engine alone speaks. `known` is how the beats
    stand, where somebody has just looked.
    """
    if engine is not None:
        return tuple(
            beat
            for beat in session.script_beats
            if not (beat.silent or beat.locked) and spoken_on(beat, planner, engine) is None
        )
    return tuple(
        beat
        for beat in session.script_beats
        if (known[beat.beat_id] if known else beat_standing(beat, planner)).state in _GAPS and not beat.locked
    )


@dataclass(frozen=True, slots=True)
class Generate:
    """Asks for takes of one owner's sessions."""

    records: Records
    planner: Planner

    def estimate(self, beats: Iterable[BeatRow], revision: Revision | None = None) -> Estimated:
        """What new takes of `beats` would cost, generations that are there already not counted as free."""
        plans = [self._possible(beat, revision) for beat in beats if not beat.silent]
        known = [plan for plan in plans if plan is not None]
        return Estimated(
            beats=len(known),
            characters=sum(plan.characters for plan in known),
            usd=sum(plan.usd for plan in known),
            exact=all(plan.exact for plan in known),
        )

    def plan_to_fill(self, beat: BeatRow, engine: str | None = None) -> BeatPlan:
        """How `fill` would make the beat. Raises `BadInput` when it can't be spoken."""
        wish = _own_revision(beat)
        return self.planner.plan(beat.content, wish if engine is None else replace(wish, engine=engine))

    def refused(self, beats: Iterable[BeatRow]) -> Mapping[str, str]:
        """The beats of which no take as script and profile say would be made now, and why."""
        return self._items(beats, Revision(), None, None, 1)[1]

    async def beats(
        self,
        session: Session,
        beat_ids: Iterable[str],
        pick: bool = False,
        batch: UUID | None = None,
        each: int = 1,
    ) -> Requested:
        """A take of each named beat, or `each` takes, as script and profile say.

        A fresh attempt where such a take is there already. A `batch` that is the id of a producer's yes uses
        it up, and holds the takes to what it covers; here and in the other requests.
        """
        chosen = [_known(session, beat_id) for beat_id in beat_ids]
        return await self._ask(session, chosen, Revision(), None, pick, batch=batch, each=each)

    async def fill(
        self, session: Session, pick: bool = False, engine: str | None = None, batch: UUID | None = None
    ) -> Requested:
        """What is missing or stale, and nothing else; with `engine`, on that one whatever the profiles say.

        A stale revised take is made again with its own revision.
        """
        return await self._ask(session, gaps(session, self.planner, engine), None, None, pick, engine, batch)

    async def revise(
        self,
        session: Session,
        beat_id: str,
        revision: Revision,
        made_from: UUID | None,
        batch: UUID | None = None,
    ) -> Requested:
        """One more take of a beat with changed settings. Raises what `check` raises."""
        beat = self.check(session, beat_id, revision)
        return await self._ask(session, [beat], revision, made_from, False, batch=batch)

    def check(self, session: Session, beat_id: str, revision: Revision) -> BeatRow:
        """The beat, if `revise` would make a take of it.

        Raises `Locked`, or `BadInput` when nothing would differ.
        """
        beat = _known(session, beat_id)
        if beat.locked:
            raise Locked(f"Beat {beat_id} is locked. Unlock it first.")
        if beat.silent:
            raise BadInput(f"Beat {beat_id} has nothing to say, so it needs no take.")
        plan = self.planner.plan(beat.content, revision)
        same = _made(beat, plan)
        if same is not None and self._repeats(plan):
            raise BadInput(
                f"Beat {beat_id}: take {same.number} was made with just these settings, and this engine "
                "always says the same thing the same way. Change a setting first."
            )
        return beat

    async def cancel(self, session: UUID, takes: Iterable[UUID] | None = None) -> Cancelled:
        """Drop what is queued. A call under way is paid for, so it finishes and is kept."""
        only = None if takes is None else [str(take) for take in takes]
        answer = await self.records.call("studio_takes_cancel_v1", session=session, only_takes=only)
        return Cancelled(answer["dropped"], answer["finishing"])

    async def _ask(
        self,
        session: Session,
        beats: Iterable[BeatRow],
        revision: Revision | None,
        made_from: UUID | None,
        pick: bool,
        engine: str | None = None,
        batch: UUID | None = None,
        each: int = 1,
    ) -> Requested:
        items, left_out = self._items(beats, revision, made_from, engine, each)
        batch = batch or uuid4()
        if not items:
            return Requested(batch, (), (), left_out)
        answer = await self.records.call(
            "studio_takes_request_v1", session=session.id, batch=batch, pick=pick, items=items
        )
        takes, already = (tuple(map(UUID, answer[name])) for name in ("takes", "already"))
        return Requested(batch, takes, already, left_out)

    def _items(
        self,
        beats: Iterable[BeatRow],
        revision: Revision | None,
        made_from: UUID | None,
        engine: str | None,
        each: int,
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """What would be asked for, and the beats of which less than that can be made, with the reason."""
        items: list[dict[str, Any]] = []
        left_out: dict[str, str] = {}
        for beat in beats:
            reason = "locked" if beat.locked else "nothing to say" if beat.silent else None
            if reason is not None:
                left_out[beat.beat_id] = reason
                continue
            wish = revision if revision is not None else _own_revision(beat)
            wish = wish if engine is None else replace(wish, engine=engine)
            try:
                items += (self._item(beat, wish, made_from, ahead) for ahead in range(each))
            except BadInput as refused:
                left_out[beat.beat_id] = refused.message
        return sorted(items, key=_by_voice), left_out

    def _item(self, beat: BeatRow, revision: Revision, made_from: UUID | None, ahead: int) -> dict[str, Any]:
        plan = self.planner.plan(beat.content, revision)
        made = _made(beat, plan) is not None
        if made or ahead:
            if self._repeats(plan):
                raise BadInput(
                    "this engine always says the same thing the same way; change a setting for another take"
                )
            plan = self.planner.plan(beat.content, revision, (_next_attempt(beat) if made else 0) + ahead)
        costs = estimates(plan, self.planner.engines)
        spoken = [segment.engine for segment in plan.segments for _ in segment.parts]
        return {
            "beat": str(beat.id),
            "plan": plan_json(plan),
            "plan_key": plan_key(plan),
            "revision": revision_json(revision),
            "made_from": None if made_from is None else str(made_from),
            "queue": self._queue(plan),
            "parts": len(plan.keys),
            "estimates": [{"engine": e, **asdict(cost)} for e, cost in zip(spoken, costs, strict=True)],
        }

    def _queue(self, plan: BeatPlan) -> str:
        """Where the job waits: with the paid ones, with those spoken elsewhere, or for this machine."""
        used = [self.planner.engines[segment.engine].capabilities for segment in plan.segments]
        if any(engine.price is not None for engine in used):
            return CLOUD
        return ELSEWHERE if any(engine.remote for engine in used) else LOCAL

    def _repeats(self, plan: BeatPlan) -> bool:
        engines: Mapping[str, Synthesizer] = self.planner.engines
        return all(engines[each.engine].capabilities.repeats(each.model) for each in plan.segments)

    def _possible(self, beat: BeatRow, revision: Revision | None) -> BeatPlan | None:
        try:
            return self.planner.plan(beat.content, revision or _own_revision(beat))
        except BadInput:
            return None


def _by_voice(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What voice workers speak is asked for voice by voice: changing one costs them a load, or a batch."""
    if item["queue"] != ELSEWHERE:
        return ()
    first = item["plan"]["segments"][0]
    return first["engine"], first["model"] or "", first["voice"]


def _known(session: Session, beat_id: str) -> BeatRow:
    beat = session.beat(beat_id)
    if beat is None or beat.position is None:
        raise NotFound(f'There is no beat "{beat_id}" in the script of "{session.title}".')
    return beat


def _own_revision(beat: BeatRow) -> Revision:
    done = [take for take in beat.takes if take.status == "done"]
    source = beat.picked or (done[-1] if done else None)
    return source.revision if source else Revision()


def _made(beat: BeatRow, plan: BeatPlan) -> Take | None:
    """A finished take of this very plan, whichever attempt it was of the first."""
    wanted = plan_key(plan)
    return next((take for take in beat.takes if take.status == "done" and take.plan_key == wanted), None)


def _next_attempt(beat: BeatRow) -> int:
    # A take under way with the same attempt is the same press twice: it must come to the same plan, hence
    # the same key, which the database then holds to one.
    return 1 + max((take.plan.attempt for take in beat.takes if take.status == "done"), default=0)
