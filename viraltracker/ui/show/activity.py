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


def activity_sheet(activity: Activity, now: datetime) -> Sheet:
    """Workers, then work: under way first, newest first."""
    return Sheet((_workers(activity.workers), _work(activity.work, now)))


def _workers(workers: Iterable[Mapping[str, Any]]) -> Card:
    rows = tuple(
        Row(
            str(worker["id"]),
            (
                Cell(str(worker["name"]), dot="picked", strong=True),
                Cell(f"{worker['host']} · {worker['pid']}", faint=True),
                Cell(", ".join(worker["queues"])),
                Cell(plural(int(worker["running"]), "job") if worker["running"] else "idle"),
                Cell(_seen(float(worker["seen_s"])), faint=True),
            ),
        )
        for worker in workers
    )
    columns = (
        Column("Job worker"),
        Column("Where"),
        Column("Queues"),
        Column("At"),
        Column("Last sign", "fit"),
    )
    nothing = "No job worker is running, so nothing is generated. Start one with: viraltracker worker"
    return Card("workers", "Job workers", columns, rows, nothing=nothing)


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
