"""What is going on, as cards. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from viraltracker.studio import Activity, Deed
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
_DID: Mapping[str, str] = {
    "pick": "picked for {}",
    "star": "starred in {}",
    "take note": "noted on a take of {}",
    "beat note": "noted on {}",
    "lock": "locked or unlocked {}",
    "take": "asked for {}",
    "mp3": "exported {}",
    "zip": "exported {}",
    "script": "saved the script, {}",
}
_STOP = Action("stop", "Stop", quiet=True)
_ENDINGS: Mapping[str, tuple[Action, ...]] = {
    "work": (Action("drain", "Drain", quiet=True), _STOP),
    "drain": (_STOP,),
    "stop": (),
}


def activity_sheet(
    activity: Activity,
    now: datetime,
    *,
    tells: bool,
    makes: bool = True,
    deeds: Sequence[Deed] | None = None,
    nameless: str = "somebody",
) -> Sheet:
    """Workers, then work: under way first, newest first; then who did what in the open session.

    `tells`: workers may be told to end here. `makes`: work may be cancelled. `deeds`: None without a session.
    `nameless`: what somebody is called whose name isn't known.
    """
    told = () if deeds is None else (_deeds(deeds, now, nameless),)
    return Sheet((_workers(activity.workers, tells), _work(activity.work, now, makes), *told))


def _deeds(deeds: Sequence[Deed], now: datetime, nameless: str) -> Card:
    columns = (Column("Who", width="20%"), Column("Did"), Column("When", "fit"))
    rows = tuple(
        Row(
            str(at),
            (
                Cell(deed.who or nameless, strong=bool(deed.who), faint=not deed.who),
                Cell(_did(deed)),
                Cell(ago(deed.at, now), faint=True),
            ),
        )
        for at, deed in enumerate(deeds)
    )
    return Card("deeds", "In the open session", columns, rows, nothing="Nothing has been done here yet.")


def _did(deed: Deed) -> str:
    said = _DID[deed.deed].format(deed.what or "a beat")
    return f"{said}, undone since" if deed.undone else said


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


def _work(work: Iterable[Mapping[str, Any]], now: datetime, makes: bool) -> Card:
    columns = (
        Column("State", "fit"), Column("Session", width="20%"), Column("Work", width="20%"),
        Column("Progress", width="14%"), Column("What happened"),
        Column("When", "fit"), Column("", "fit"),
    )  # fmt: skip
    rows = tuple(_row(item, now, makes) for item in work)
    return Card("work", "Work", columns, rows, nothing="Nothing has been generated or exported yet.")


def _row(item: Mapping[str, Any], now: datetime, makes: bool) -> Row:
    tone, word = _TONES[item["status"]]
    said = item["error"] or item["waiting"] or {}
    share = item["parts_done"] / item["parts"] if item["parts"] else 0.0
    kind = {"take": "", "mp3": "Export MP3 · ", "zip": "Hand-off ZIP · "}[item["kind"]]
    cancel = (
        (Action("cancel", "Cancel", quiet=True),)
        if makes and item["status"] == "queued" and item["kind"] == "take"
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
