"""What is going on, as cards. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from viraltracker.studio import Activity
from viraltracker.ui.show.words import ago, plural
from viraltracker.ui.views.board import Action, Tone
from viraltracker.ui.views.cards import Card, Cell, Column, Row, Sheet

__all__ = ["activity_sheet"]

_TONES: Mapping[str, tuple[Tone, str]] = {
    "queued": ("queued", "queued"),
    "generating": ("generating", "working"),
    "done": ("picked", "done"),
    "failed": ("failed", "failed"),
    "cancelled": ("empty", "cancelled"),
}

_TOLD: Mapping[str, str] = {"work": "", "drain": "draining", "stop": "stopping"}
_STOP = Action("stop", "Stop", quiet=True)
_ENDINGS: Mapping[str, tuple[Action, ...]] = {
    "work": (Action("drain", "Drain", quiet=True), _STOP),
    "drain": (_STOP,),
    "stop": (),
}


def activity_sheet(activity: Activity, now: datetime, *, tells: bool) -> Sheet:
    """Workers, then work: under way first, newest first. `tells`: workers may be told to end here."""
    return Sheet((_workers(activity.workers, tells), _work(activity.work, now)))


def _workers(workers: Iterable[Mapping[str, Any]], tells: bool) -> Card:
    rows = tuple(_worker(worker, tells) for worker in workers)
    columns = (
        Column("Job worker"),
        Column("Where"),
        Column("Queues"),
        Column("At"),
        Column("Last sign", "fit"),
        Column("", "fit"),
    )
    nothing = "No job worker is running, so nothing is generated. Start one with: viraltracker worker"
    return Card("workers", "Job workers", columns, rows, nothing=nothing)


def _worker(worker: Mapping[str, Any], tells: bool) -> Row:
    told = str(worker["told"])
    at = plural(int(worker["running"]), "job") if worker["running"] else "idle"
    # Whoever keeps one alive would start it again; one that drains can still be told to stop.
    actions = _ENDINGS[told] if tells and not worker["kept"] else ()
    return Row(
        str(worker["id"]),
        (
            Cell(str(worker["name"]), dot="picked" if told == "work" else "review", strong=True),
            Cell(f"{worker['host']} · {worker['pid']}", faint=True),
            Cell(", ".join(worker["queues"])),
            Cell(" · ".join(filter(None, (_TOLD[told], at)))),
            Cell(_seen(float(worker["seen_s"])), faint=True),
            Cell(actions=actions),
        ),
    )


def _seen(since_s: float) -> str:
    return "just now" if since_s < 2 else f"{since_s:.0f} s ago"


def _work(work: Iterable[Mapping[str, Any]], now: datetime) -> Card:
    columns = (
        Column("State", "fit"), Column("Session", width="20%"), Column("Work", width="20%"),
        Column("Progress", width="14%"), Column("What happened"),
        Column("When", "fit"), Column("", "fit"),
    )  # fmt: skip
    rows = tuple(_row(item, now) for item in work)
    return Card("work", "Work", columns, rows, nothing="Nothing has been generated or exported yet.")


def _row(item: Mapping[str, Any], now: datetime) -> Row:
    tone, word = _TONES[item["status"]]
    said = item["error"] or item["waiting"] or {}
    share = item["parts_done"] / item["parts"] if item["parts"] else 0.0
    kind = {"take": "", "mp3": "Export MP3 · ", "zip": "Hand-off ZIP · "}[item["kind"]]
    cancel = (
        (Action("cancel", "Cancel", quiet=True),)
        if item["status"] == "queued" and item["kind"] == "take"
        else ()
    )
    return Row(
        f"{item['session']}:{item['id']}",
        (
            Cell(word, dot=tone),
            Cell(str(item["title"])),
            Cell(f"{kind}{item['what']}"),
            Cell(share=1.0 if item["status"] == "done" else share, tone=tone),
            Cell(str(said.get("message", "")), tone="failed" if item["error"] else None),
            Cell(ago(datetime.fromisoformat(item["at"]), now), faint=True),
            Cell(actions=cancel),
        ),
        opens="Open the session",
    )
