"""Voice workers and what they made, in a producer's words."""

from dataclasses import replace

import pytest

from viraltracker.speech import Health
from viraltracker.speech.worker import (
    Access,
    Links,
    ModelStanding,
    StaticWorkers,
    WorkerEngine,
    WorkerStanding,
)
from viraltracker.takes import Making
from viraltracker.takes.cast import Member
from viraltracker.ui.show.makings import made_words
from viraltracker.ui.show.voices import cast_view, engines_sheet
from viraltracker.ui.show.words import quickness, seconds
from viraltracker.ui.show.workers import heard_alone, line_id, worker_id, workers_view
from viraltracker.ui.views import WorkersView
from viraltracker.ui.views.cast import Dial
from viraltracker.voices import EngineVoice, seeded_cast, seeded_profiles

MODEL = ModelStanding(
    "piper/en_US-lessac-medium",
    "Lessac",
    "resident",
    "Blizzard 2013",
    "dataset licence",
    ("en-us", "en-gb", "de", "fr", "es"),
    sessions=2,
    memory_bytes=63_200_000,
    rtf=0.08,
    voices=1,
)
WORKER = WorkerStanding("gpu-box", "10.0.0.7:50051", "ready", 6, 8, 3, 0.08, (MODEL,))
SILENT = WorkerStanding("127.0.0.1:50051", "127.0.0.1:50051", "silent", problem="doesn't answer")


def view(*workers: WorkerStanding, expected: bool = False) -> WorkersView:
    return workers_view(workers, {}, {}, {}, expected=expected)


def test_a_worker_says_how_busy_and_how_quick_it_is() -> None:
    (card,) = view(WORKER).workers
    assert card.now == "6 of 8 places free · 3 lines waiting · 12× faster than real time"
    (line,) = card.models
    assert line.about == (
        "piper/en_US-lessac-medium · en-us, en-gb, de and 2 more · Blizzard 2013 · consent: dataset licence"
    )
    assert line.now == "1 voice · 63 MB · 2 sessions · 12× faster than real time"
    assert [action.label for action in line.actions] == ["Say it", "Unload when idle"]


def test_who_signed_in_hears_models_and_neither_loads_nor_unloads_them() -> None:
    (card,) = heard_alone(view(WORKER)).workers
    assert [action.label for action in card.models[0].actions] == ["Say it"]
    assert card.name == "gpu-box"


@pytest.mark.parametrize(
    ("state", "word", "labels"),
    [
        ("absent", "on disk", ["Say it", "Load"]),
        ("loading", "loading", []),
        ("resident", "in memory", ["Say it", "Unload"]),
        ("unloading", "leaving", []),
        ("failed", "broken", ["Load"]),
    ],
)
def test_what_can_be_done_follows_from_how_a_model_stands(state, word: str, labels: list[str]) -> None:
    model = replace(MODEL, state=state, sessions=0, problem="config.json is missing.")
    (card,) = view(replace(WORKER, models=(model,))).workers
    assert (card.models[0].badge.word, [action.label for action in card.models[0].actions]) == (word, labels)
    assert card.models[0].problem == ("config.json is missing." if state == "failed" else "")


def test_where_none_is_and_none_is_expected_the_page_says_how_to_start_one() -> None:
    for workers in ((), (SILENT,)):
        shown = view(*workers)
        assert (shown.workers, shown.command) == ((), "make worker")
        assert "on your own machine" in shown.nothing
    assert workers_view(None, {}, {}, {}, expected=False).nothing == "Looking for voice workers…"


def test_who_should_answer_and_does_not_is_told() -> None:
    told = view(WORKER, SILENT).workers + view(SILENT, expected=True).workers
    assert [card.badge.word for card in told] == ["ready", "no answer", "no answer"]
    # Somebody is there, so it isn't "start one".
    for there in (replace(SILENT, state="hanging"), replace(SILENT, state="refused")):
        (card,) = view(there).workers
        assert card.badge.word == ("refuses" if there.state == "refused" else "no answer")
        assert card.problem == "doesn't answer"
    (card,) = view(replace(WORKER, state="draining")).workers
    assert card.badge.word == "ending"


def test_ids_are_short_harmless_and_different() -> None:
    hostile = replace(WORKER, name="<b>", address="x" * 260)
    ids = {worker_id(WORKER), worker_id(hostile)}
    ids |= {line_id(WORKER, "a"), line_id(hostile, "a"), line_id(WORKER, "b")}
    assert len(ids) == 5
    assert all(id_.isalnum() and len(id_) == 16 for id_ in ids)


@pytest.mark.parametrize(
    ("rtf", "words"),
    [
        (0.0, ""),
        (0.083, "12× faster than real time"),
        (0.4, "2.5× faster than real time"),
        (1.0, "as fast as real time"),
        (1.6, "1.6× slower than real time"),
    ],
)
def test_quickness_is_said_in_times(rtf: float, words: str) -> None:
    assert quickness(rtf) == words


def test_spans_of_time_are_said_in_seconds() -> None:
    assert [seconds(ms) for ms in (40, 440, 9_900, 12_300)] == ["under 0.1 s", "0.4 s", "9.9 s", "12 s"]


def made(**facts: str | int | float) -> Making:
    return Making("worker", facts={"worker": "gpu-box", "made_ms": 400, "waited_ms": 0, **facts})


def test_a_take_tells_who_spoke_it_and_what_came_between() -> None:
    assert made_words([made()]) == ("spoken by gpu-box: took 0.4 s",)
    assert made_words([made(waited_ms=120)]) == ("spoken by gpu-box: waited 0.1 s, took 0.4 s",)
    assert made_words([made(loaded="for this line"), made(fallback="attic did not speak it")]) == (
        "spoken by gpu-box in 2 parts: took 0.8 s, loaded its model first; attic did not speak it",
    )
    assert made_words([made(), made(continues="2 of its lines, 3.1 s")]) == (
        "spoken by gpu-box in 2 parts: took 0.8 s, heard its own lines before 1 part",
    )
    assert len(made_words([made(), made(worker="attic")])) == 2


def test_a_provider_is_told_with_its_requests() -> None:
    bought = [Making("elevenlabs", f"req{n}", {"model": "eleven_v3"}) for n in range(5)]
    assert made_words(bought[:1]) == ("elevenlabs: model eleven_v3, request req0",)
    assert made_words(bought)[0].endswith("request req2 and 2 more")
    assert made_words([Making("elevenlabs", "req")]) == ("elevenlabs: request req",)
    assert made_words([Making("espeak")]) == ()


def test_odd_facts_are_no_facts() -> None:
    odd = Making("worker", facts={"worker": 7, "made_ms": "soon", "model": ["x"]})
    assert made_words([odd]) == ()
    long = Making("worker", facts={"worker": "w" * 500, "made_ms": float("nan")})
    assert len(made_words([long])[0]) < 100


def dials(model: str) -> dict[str, Dial]:
    """The knobs that the Voices page shows for a voice of this model."""
    links = Links(Access())
    engine = WorkerEngine(StaticWorkers([], links), links)
    profile = seeded_profiles()[0]
    spoken = replace(profile, engine="worker", voices={"worker": EngineVoice("default", model)})
    character = next(each for each in seeded_cast() if each.id == profile.character)
    members, health = [Member(character, spoken, 1)], {"worker": Health(True, "here")}
    (card,) = cast_view(members, {"worker": engine}, {}, health, {}, {}, character.id).cards
    return {dial.title: dial for dial in card.dials}


def reported(model: str) -> dict[str, str]:
    """What the Voices page says of the worker's engine with this model, by part of the script."""
    links = Links(Access())
    engine = WorkerEngine(StaticWorkers([], links), links)
    profile = seeded_profiles()[0]
    spoken = replace(profile, engine="worker", voices={"worker": EngineVoice("default", model)})
    character = next(each for each in seeded_cast() if each.id == profile.character)
    sheet = engines_sheet({"worker": engine}, {"worker": Health(True, "here")}, Member(character, spoken, 1))
    (report,) = (card for card in sheet.cards if card.id == "report")
    return {row.cells[0].text: row.cells[1].text for row in report.rows}


def test_what_has_no_counterpart_in_csm_is_said_in_words() -> None:
    csm, tone = reported("csm/anna"), reported("tone/tone")
    assert csm["Pace"] == "approximated: the sound is stretched; the way of speaking stays"
    assert csm["Stability"] == "approximated: as temperature: steady is 0.6, lively 1.2"
    assert csm["Style"] == csm["Direction"] == "not used by this engine: choose a voice's mood instead"
    assert csm["Seed"] == tone["Seed"] == tone["Pace"] == "honoured"
    assert tone["Style"] == tone["Own last lines"] == "not used by this engine"
    assert csm["Own last lines"].startswith("honoured: off at 0; else a voice hears its own last whole lines")


def test_continuity_is_a_knob_of_csm_that_is_off_at_first() -> None:
    csm, tone = dials("csm/anna"), dials("tone/tone")
    assert (csm["Continuity"].value, csm["Continuity"].lowest, csm["Continuity"].highest) == (None, 0, 30)
    assert "Continuity" not in tone
