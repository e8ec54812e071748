"""The voice workers and their models, in a producer's words. Pure.

Names, titles and licences come from other processes; the ids that events carry are made here, so that none of
those words has to come back from a browser.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from viraltracker.speech.worker import ModelStanding, WorkerStanding
from viraltracker.ui.show.voices import TEST_LINE
from viraltracker.ui.show.words import plural, quickness
from viraltracker.ui.views.board import Action, Badge, Tone
from viraltracker.ui.views.cast import Heard
from viraltracker.ui.views.workers import ModelLine, WorkerCard, WorkersView

__all__ = ["heard_alone", "line_id", "worker_id", "workers_view"]

_WORKER_BADGES: Final[Mapping[str, Badge]] = {
    "ready": Badge("ready", "picked"),
    "draining": Badge("ending", "review", ("It finishes what it speaks, and takes nothing new.",)),
    "hanging": Badge("no answer", "failed"),
    "silent": Badge("no answer", "failed"),
    "refused": Badge("refuses", "failed"),
}
_MODEL_BADGES: Final[Mapping[str, tuple[str, Tone]]] = {
    "absent": ("on disk", "empty"),
    "loading": ("loading", "generating"),
    "resident": ("in memory", "picked"),
    "unloading": ("leaving", "queued"),
    "failed": ("broken", "failed"),
}
_SAY: Final = Action("say", "Say it")
_LOAD: Final = Action("load", "Load")
_UNLOAD: Final = Action("unload", "Unload")
_UNLOAD_WHEN_IDLE: Final = Action("unload-idle", "Unload when idle")
_FEW_LANGUAGES: Final = 3
_NONE: Final = "None is running. One speaks with voices on your own machine, free of charge. Start it with"


def worker_id(worker: WorkerStanding) -> str:
    """The worker in events: short, and of harmless characters."""
    return sha256(worker.address.encode()).hexdigest()[:16]


def line_id(worker: WorkerStanding, model: str) -> str:
    """The worker's model in events."""
    return sha256(f"{worker.address}\t{model}".encode()).hexdigest()[:16]


def workers_view(
    workers: tuple[WorkerStanding, ...] | None,
    waiting: Mapping[str, str],
    heard: Mapping[str, tuple[Heard, str]],
    problems: Mapping[str, str],
    *,
    expected: bool,
) -> WorkersView:
    """All of them; None: not known yet. The mappings are by `line_id`.

    `expected`: somebody said where workers are, so that one who doesn't answer is told, too.
    """
    if workers is None:
        return WorkersView(nothing="Looking for voice workers…")
    nobody = not any(each.state != "silent" for each in workers)
    if not workers or (nobody and not expected):
        return WorkersView(nothing=_NONE, command="make worker")
    return WorkersView(tuple(_card(each, waiting, heard, problems) for each in workers), TEST_LINE)


def heard_alone(view: WorkersView) -> WorkersView:
    """The same for somebody whose workers they aren't: models are heard there, not loaded and put out."""
    return replace(view, workers=tuple(replace(each, models=_heard(each)) for each in view.workers))


def _heard(worker: WorkerCard) -> tuple[ModelLine, ...]:
    return tuple(
        replace(line, actions=tuple(action for action in line.actions if action == _SAY))
        for line in worker.models
    )


def _card(
    worker: WorkerStanding,
    waiting: Mapping[str, str],
    heard: Mapping[str, tuple[Heard, str]],
    problems: Mapping[str, str],
) -> WorkerCard:
    lines = tuple(
        _line(model, line_id(worker, model.id), worker, waiting, heard, problems) for model in worker.models
    )
    return WorkerCard(
        id=worker_id(worker),
        name=worker.name,
        address="" if worker.name == worker.address else worker.address,
        badge=_WORKER_BADGES[worker.state],
        now=_busy(worker) if worker.models or worker.max_sessions else "",
        models=lines,
        problem=worker.problem,
    )


def _busy(worker: WorkerStanding) -> str:
    words = [f"{worker.free_slots} of {plural(worker.max_sessions, 'place')} free"]
    if worker.waiting:
        words.append(f"{plural(worker.waiting, 'line')} waiting")
    return " · ".join(filter(None, (*words, quickness(worker.rtf))))


def _line(
    model: ModelStanding,
    id_: str,
    worker: WorkerStanding,
    waiting: Mapping[str, str],
    heard: Mapping[str, tuple[Heard, str]],
    problems: Mapping[str, str],
) -> ModelLine:
    word, tone = _MODEL_BADGES[model.state]
    sound, words = heard.get(id_, (None, ""))
    return ModelLine(
        id=id_,
        title=model.title,
        badge=Badge(word, tone),
        about=_about(model),
        now=_now(model),
        actions=() if id_ in waiting else _actions(model),
        waiting=waiting.get(id_, ""),
        heard=sound,
        words=words,
        problem=problems.get(id_, "") or (model.problem if model.state == "failed" else ""),
    )


def _about(model: ModelStanding) -> str:
    """`tone/tone · en · MIT · synthetic voice`."""
    more = len(model.languages) - _FEW_LANGUAGES
    languages = ", ".join(model.languages[:_FEW_LANGUAGES]) + (f" and {more} more" if more > 0 else "")
    consent = f"consent: {model.consent}" if model.consent else ""
    return " · ".join(filter(None, (model.id, languages, model.licence, consent)))


def _now(model: ModelStanding) -> str:
    memory = f"{max(1, round(model.memory_bytes / 1e6)):,} MB" if model.memory_bytes else ""
    sessions = plural(model.sessions, "session") if model.sessions else ""
    voices = plural(model.voices, "voice") if model.voices else ""
    return " · ".join(filter(None, (voices, memory, sessions, quickness(model.rtf))))


def _actions(model: ModelStanding) -> tuple[Action, ...]:
    match model.state:
        case "resident":
            return (_SAY, _UNLOAD_WHEN_IDLE if model.sessions else _UNLOAD)
        case "absent":
            return (_SAY, _LOAD)
        case "failed":
            return (_LOAD,)
        case _:
            return ()
