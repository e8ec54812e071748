"""What a producer does with the voice workers' models on the Voices page, and what came of it.

A load may take minutes: it is begun in the studio's loop, and every later run of the page asks how far it is.
Nothing here waits for a worker.
"""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from weakref import WeakKeyDictionary

from viraltracker.errors import Denied, NotFound, StudioError
from viraltracker.speech.worker import WorkerStanding
from viraltracker.studio import LOCAL_USER, Studio
from viraltracker.ui import state
from viraltracker.ui.components.workers import ModelTended
from viraltracker.ui.current import begin
from viraltracker.ui.glance import Glance
from viraltracker.ui.show.words import clock_tenths, quickness, seconds
from viraltracker.ui.show.workers import heard_alone, line_id, workers_view
from viraltracker.ui.views.cast import Heard
from viraltracker.ui.views.workers import WorkersView

__all__ = ["Tending", "tending_of"]

_FRESH_S = 1.5
_PROMPT_S = 0.3
"""What is done that quickly is shown with the click that asked for it."""
_NOT_YOURS = (
    "Voice workers serve everybody, so their models are loaded and unloaded by whoever runs this studio: "
    "`viraltracker voices load` and `unload`."
)
_DOING = {
    "load": "Loading…",
    "unload": "Unloading…",
    "unload-idle": "Unloading…",
    "say": "Speaking…",
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A test line that was spoken: its audio, and what is said of it."""

    sha256: str
    duration_ms: int
    words: str


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers as they last were; why they couldn't be asked, where that is so."""

    standings: tuple[WorkerStanding, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something under way with a model."""

    action: str
    came: "Future[Spoken | None]"


class Tending:
    """The workers of a studio, for all tabs; what a tab asked for and heard is that tab's own (`state`)."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._seen: Glance[Workers] = Glance(partial(_look, studio), _FRESH_S)
        self._offered: object = None
        self._shown: dict[str, tuple[str, str]] = {}

    def tend(self, event: ModelTended) -> None:
        """Begin what a producer asked for. Raises `NotFound` for a model that has gone meanwhile.

        Also `Denied` for a load or an unload by somebody who signed in: others speak with it.
        """
        if event.action != "say" and not self._tends:
            raise Denied(_NOT_YOURS)
        worker, model = self._meant(event.model)
        errands = dict(state.recall("tending", {}))
        if event.model in errands:
            return
        self._drop("tending-problems", event.model)
        errands[event.model] = Errand(event.action, begin(_work(self._studio, event, worker, model)))
        state.remember("tending", errands)
        wait([errands[event.model].came], _PROMPT_S)

    def settle(self, link: Callable[[str], str]) -> tuple[str, ...]:
        """Take note of what has come of it. What went wrong with a model that has no line now is returned."""
        errands: Mapping[str, Errand] = state.recall("tending", {})
        over = {id_: errand for id_, errand in errands.items() if errand.came.done()}
        if not over:
            return ()
        state.remember("tending", {id_: errand for id_, errand in errands.items() if id_ not in over})
        problems = {id_: self._settled(id_, errand, link) for id_, errand in over.items()}
        listed = self._ids()
        self._seen.again()
        return tuple(words for id_, words in problems.items() if words and id_ not in listed)

    def view(self, *, expected: bool) -> WorkersView:
        """The workers and what is under way with them, as they are known now. See `workers_view`."""
        seen = self._seen.look()
        if seen is not None and seen.problem:
            return WorkersView(nothing=seen.problem)
        self._shown.update(self._ids())
        errands: Mapping[str, Errand] = state.recall("tending", {})
        view = workers_view(
            None if seen is None else seen.standings,
            {id_: _DOING[errand.action] for id_, errand in errands.items()},
            state.recall("tending-heard", {}),
            state.recall("tending-problems", {}),
            expected=expected or self._studio.settings.workers_named,
        )
        return view if self._tends else heard_alone(view)

    @property
    def _tends(self) -> bool:
        """Voice workers serve everybody, so only the local user loads and unloads."""
        return self._studio.owner == LOCAL_USER

    def offers_differ(self) -> bool:
        """Whether other voices are on offer than when this was last asked."""
        seen = self._seen.look()
        if seen is None:
            return False
        offered = [
            (each.address, each.state, [(model.id, model.voices) for model in each.models])
            for each in seen.standings
        ]
        differ = self._offered is not None and self._offered != offered
        self._offered = offered
        return differ

    def _settled(self, id_: str, errand: Errand, link: Callable[[str], str]) -> str:
        try:
            spoken = errand.came.result()
        except StudioError as error:
            state.remember("tending-problems", {**state.recall("tending-problems", {}), id_: error.message})
            return error.message
        if spoken is not None:
            heard = dict(state.recall("tending-heard", {}))
            clock = clock_tenths(spoken.duration_ms)
            line = Heard(link(spoken.sha256), clock, spoken.duration_ms, token_hex(8))
            heard[id_] = (line, spoken.words)
            state.remember("tending-heard", heard)
        return ""

    def _ids(self) -> dict[str, tuple[str, str]]:
        """Worker and model by the id of their line, as last seen."""
        seen = self._seen.look()
        return {
            line_id(worker, model.id): (worker.address, model.id)
            for worker in (seen.standings if seen else ())
            for model in worker.models
        }

    @staticmethod
    def _drop(name: str, id_: str) -> None:
        held: Mapping[str, object] = state.recall(name, {})
        state.remember(name, {key: value for key, value in held.items() if key != id_})

    def _meant(self, id_: str) -> tuple[str, str]:
        # Also one whose worker just missed a look: the worker answers for itself.
        if id_ not in self._shown:
            raise NotFound("That model is not there any more. The list is looked at again by itself.")
        return self._shown[id_]


_tendings: WeakKeyDictionary[Studio, Tending] = WeakKeyDictionary()


def tending_of(studio: Studio) -> Tending:
    """The voice workers of that studio."""
    return _tendings.setdefault(studio, Tending(studio))


async def _look(studio: Studio) -> Workers:
    try:
        return Workers(await studio.fleet.standings())
    except StudioError as error:
        return Workers(problem=error.message)


def _work(
    studio: Studio, event: ModelTended, worker: str, model: str
) -> Callable[[], Awaitable[Spoken | None]]:
    async def work() -> Spoken | None:
        if event.action == "say":
            sha256, said = await studio.try_worker(model, event.line, worker)
            took = f"took {seconds(said.took_s * 1000)}"
            words = " · ".join(filter(None, (took, quickness(said.rtf))))
            return Spoken(sha256, said.speech.clip.duration_ms, words)
        if event.action == "load":
            await studio.fleet.load(model, worker)
        else:
            await studio.fleet.unload(model, worker, when_idle=event.action == "unload-idle")
        return None

    return work
