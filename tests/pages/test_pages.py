from typing import Any
from uuid import uuid4

import pytest

from tests.pages.conftest import BEATS, SCRIPT, calm, part, press, shown

EVIL = '<img src=x onerror="alert(1)">$(touch x)`[1](javascript:0)'


def lines(tab) -> dict[str, dict[str, Any]]:
    return {line["number"]: line for line in part(tab, "board")["beats"]}


def rows(tab, key: str, card: str) -> list[dict[str, Any]]:
    return next(found for found in part(tab, key)["cards"] if found["id"] == card).get("rows", [])


@pytest.mark.parametrize("place", ["takes", "episode"])
def test_without_a_session_a_page_says_where_to_choose_one(room, place) -> None:
    assert "Choose one on the Sessions page" in shown(room.open(place))
    assert "Choose one on the Sessions page" in shown(room.open(place, "no-id"))
    gone = room.open(place, uuid4())
    assert gone.get("page_link")
    assert "session" in shown(gone)


def test_the_studio_comes_up_empty(room) -> None:
    (card,) = part(room.open("sessions"), "sessions")["cards"]
    assert card["nothing"].startswith("No sessions yet")
    workers, work = part(room.open("activity"), "activity")["cards"]
    assert "viraltracker worker" in workers["nothing"]
    assert work["nothing"] == "Nothing has been generated or exported yet."
    tab = room.open("script")
    assert tab.button(key="save").disabled


def test_a_draft_says_what_each_beat_would_cost(room) -> None:
    session = room.write()
    first, second = lines(room.open("takes", session)).values()
    assert (first["state"], first["generate"]) == ("empty", "Generate · 22 chars · free")
    assert second["more"].endswith("style not used by this voice")
    (row,) = rows(room.open("sessions"), "sessions", "sessions")
    assert [cell.get("text") for cell in row["cells"][:4:3]] == ["The Fog Ledger", "0 / 2"]
    assert row["cells"][1]["text"] == "draft, not generated"


def test_takes_to_review_picked_revised_locked_and_stale(room) -> None:
    session = room.write()
    room.ask(session)
    room.made(session)
    first, second = lines(room.open("takes", session)).values()
    assert (first["state"], second["state"]) == ("review", "review")
    assert first["takes"][0]["url"].startswith("/audio/")
    assert second["revise"]["repeatable"].startswith("eSpeak NG: the same is said")

    desk = room.desk(session)
    picks = {beat.id: beat.takes[0].id for beat in desk.session.script_beats}
    room.run(room.studio.choose.pick(session, picks))
    room.run(room.studio.choose.lock(desk.session.beats[0].id, True))
    room.ask(session, "02_reply", pace="slow")
    room.made(session)
    tab = room.open("takes", session)
    first, second = lines(tab).values()
    assert (first["state"], second["state"]) == ("locked", "picked")
    assert second["takes"][1]["made"].startswith("Take 2 made")
    assert part(tab, "board")["undo"]

    saved = room.run(room.studio.script_cast())
    changed = SCRIPT.replace("my *whole lunch*", "my *sandwich*")
    room.run(room.studio.sessions.save_script(session, changed, 1, saved))
    second = lines(room.open("takes", session))["02"]
    assert (second["state"], second["word"]) == ("stale", "stale · text changed")
    changes = [(span["kind"], span["text"]) for span in second["text"] if "kind" in span]
    assert changes == [("del", "whole lunch"), ("ins", "sandwich")]


def test_the_best_takes_are_picked_at_once_and_taken_back_at_once(room) -> None:
    session = room.write()
    room.ask(session)
    room.made(session)
    tab = room.open("takes", session)
    assert part(tab, "board")["best"] == "Pick best (2)"
    press(tab, "board", {"kind": "pick-best"})
    assert [toast.value for toast in tab.toast] == ["2 beats picked: 01 take 1, 02 take 1. U undoes it."]
    assert {line["state"] for line in lines(tab).values()} == {"picked"}
    assert "best" not in part(tab, "board")
    room.run(room.studio.choose.undo(session))
    assert {line["state"] for line in lines(room.open("takes", session)).values()} == {"review"}


def test_what_is_refused_is_said_for_longer_than_a_look_by_the_clock(room) -> None:
    session = room.write()
    room.ask(session)
    room.made(session)
    again = {"kind": "revise", "beat": str(room.desk(session).session.beats[0].id), "pace": "normal"}
    tab = room.open("takes", session)
    press(tab, "board", again)
    assert "always says the same thing the same way" in shown(tab)
    room.ask(session, "02_reply", pace="slow")  # from here on the page looks every second
    press(tab, "board", again)
    (toast,) = tab.toast
    assert "always says the same thing the same way" in toast.value
    assert toast.icon


def test_picking_a_stale_take_for_want_of_a_better_one_is_said(room) -> None:
    session = room.write()
    room.ask(session)
    room.made(session)
    saved = room.run(room.studio.script_cast())
    room.run(room.studio.sessions.save_script(session, SCRIPT.replace("closed", "open"), 1, saved))
    tab = room.open("takes", session)
    press(tab, "board", {"kind": "pick-best"})
    assert tab.toast[0].value.startswith("2 beats picked, 1 of them with a stale take: ")


def test_what_the_browser_repeats_is_done_once(room) -> None:
    session = room.write()
    room.ask(session)
    room.made(session)
    for beat in room.desk(session).session.beats:
        room.run(room.studio.choose.pick(session, {beat.id: beat.takes[0].id}))
    tab = room.open("takes", session)
    press(tab, "board", {"kind": "undo"})
    letter = tab.session_state["board"]
    tab.session_state["board"] = {}  # the clock looks again, and no receipt has reached the browser yet
    calm(tab.run())
    tab.session_state["board"] = letter
    calm(tab.run())
    assert [line["state"] for line in lines(tab).values()] == ["picked", "review"]


def test_what_failed_says_why_and_what_can_be_done(room) -> None:
    session = room.write()
    room.ask(session, "01_open", engine="elevenlabs")
    room.made(session)
    failed = lines(room.open("takes", session))["01"]
    assert failed["state"] == "failed"
    assert "ELEVENLABS_API_KEY" in failed["problem"]["message"]
    assert [action["id"] for action in failed["problem"]["actions"]] == ["again", "voices", "espeak"]
    assert rows(room.open("sessions"), "sessions", "sessions")[0]["cells"][1]["text"] == "1 failed"


def test_without_a_worker_nothing_pretends_to_work(room) -> None:
    session = room.write()
    room.ask(session)
    tab = room.open("takes", session)
    assert {line["state"] for line in lines(tab).values()} == {"queued"}
    assert "no job worker is running" in part(tab, "board")["progress"]["text"]
    assert rows(room.open("sessions"), "sessions", "sessions")[0]["cells"][1]["text"] == "2 queued, no worker"
    work = rows(room.open("activity"), "activity", "work")
    assert [row["cells"][0]["text"] for row in work] == ["queued", "queued"]


def test_the_sidebar_counts_with_the_sheet_of_activity(room) -> None:
    session = room.write()
    room.ask(session)
    tab = room.open("activity", session)
    labels = [link.proto.label for link in tab.sidebar.get("page_link")]
    assert "Activity :gray[2 running]" in labels
    assert "2 jobs under way" in shown(tab)


def test_a_job_worker_is_drained_and_then_stopped(room) -> None:
    calls = room.studio.stores.require_queue().acting_as_worker()
    beat = {"name": "north", "host": "box", "pid": 7, "queues": ["cpu"], "queue_workers": [], "lingering": []}
    ours, kept = uuid4(), uuid4()

    def alive() -> list[dict[str, Any]]:
        room.run(calls.call("private.worker_beat_v2", worker=ours, kept=False, **beat))
        room.run(calls.call("private.worker_beat_v2", worker=kept, kept=True, **beat))
        return rows(room.open("activity"), "activity", "workers")

    offered = [[action["id"] for action in row["cells"][5].get("actions", ())] for row in alive()]
    assert offered == [["drain", "stop"], []]
    tab = room.open("activity")
    click = {"kind": "clicked", "card": "workers", "row": str(ours)}
    press(tab, "activity", {**click, "action": "drain"})
    assert any("ends when its jobs are done" in str(toast.value) for toast in tab.toast)
    first, second = alive()
    assert (first["cells"][3]["text"], second["cells"][3]["text"]) == ("draining · idle", "idle")
    press(tab, "activity", {**click, "action": "stop"})
    assert alive()[0]["cells"][3]["text"] == "stopping · idle"
    press(tab, "activity", {**click, "row": str(kept), "action": "stop"})
    assert any("is the studio's own" in str(toast.value) for toast in tab.toast)


def test_an_export_without_all_picks_asks_first(room) -> None:
    session = room.write()
    tab = room.open("episode", session)
    assert "2 beats without a picked take: 01_open, 02_reply" in shown(tab)
    assert tab.button(key="export").disabled
    tab.checkbox(key="leave-out").check().run()
    assert not calm(tab).button(key="export").disabled
    tab.button(key="export").click().run()
    assert "pick" in shown(calm(tab))  # nothing would be left to hear: refused, in words
    assert rows(tab, "episode", "receipts") == []


def test_an_export_leaves_a_receipt_with_a_link(room) -> None:
    session = room.write()
    room.ask(session)
    room.made(session)
    desk = room.desk(session)
    room.run(room.studio.choose.pick(session, {b.id: b.takes[0].id for b in desk.session.script_beats}))
    tab = room.open("episode", session)
    tab.button(key="export").click().run()
    assert rows(calm(tab), "episode", "receipts")[0]["cells"][-1]["text"] == "queued"
    room.made(session)
    tab = room.open("episode", session)
    assert rows(tab, "episode", "receipts")[0]["cells"][-1]["href"].startswith("/download/")
    facts = {row["cells"][0]["text"]: row["cells"][1] for row in rows(tab, "episode", "master")}
    assert facts["Integrated"]["tone"] == "picked"
    assert part(tab, "timeline")["audio_url"].startswith("/audio/")


def test_hostile_words_stay_words(room) -> None:
    session = room.write(BEATS.format(title=EVIL, closed="closed <script>alert(1)</script>"))
    for place in ("sessions", "script", "takes", "episode", "activity", "voices", "agent"):
        tab = room.open(place, session)
        pages = [node.proto.body for node in tab.get("html")]
        assert not any("<img" in page or "<script" in page for page in pages)
    assert (
        lines(room.open("takes", session))["01"]["text"][0]["text"]
        == "The harbour is closed <script>alert(1)</script>."
    )


def test_two_producers_save_one_session(room) -> None:
    session = room.write()
    tab = room.open("script", session)
    theirs = SCRIPT.replace("closed", "open")
    room.run(room.studio.sessions.save_script(session, theirs, 1, room.run(room.studio.script_cast())))
    mine = SCRIPT.replace("closed", "foggy")
    press(tab, "editor", {"kind": "saved", "text": mine})
    difference = tab.code[0].value
    assert "-The harbour is open." in difference
    assert "+The harbour is foggy." in difference
    assert room.run(room.studio.sessions.script(session)).els == theirs


def test_an_engine_without_a_key_is_named_and_how_to_set_it(room) -> None:
    tab = room.open("voices")
    told = {row["id"]: row["cells"][1]["text"] for row in rows(tab, "engines", "engines")}
    assert "ELEVENLABS_API_KEY" in told["elevenlabs"]
    view = part(tab, "cast")
    assert view["cards"][0]["label"] == "eSpeak NG · en-us+m3"
    assert view["cards"][0]["stability"]["unused"] == "eSpeak NG doesn't use this"
    closed = {group["title"]: group.get("closed") for group in view["voices"]}
    assert closed["ElevenLabs"]
    assert not closed["eSpeak NG"]
