"""How a take's parts were made, as their engines told it: which worker, how long, which request.

Pure. Names and facts come from other processes: they are read without trust, and shown as words.
"""

from collections.abc import Iterable

from viraltracker.takes import Making
from viraltracker.ui.show.facts import Facts
from viraltracker.ui.show.words import plural, seconds

__all__ = ["made_words"]

_WORD_CHARS = 60
_MOST = 3


def made_words(made: Iterable[Making]) -> tuple[str, ...]:
    """`spoken by gpu-box: waited 0.1 s, took 0.4 s`, `elevenlabs: request 7f3a`: one for each maker."""
    by_worker: dict[str, list[Facts]] = {}
    requests: dict[str, list[str]] = {}
    for making in made:
        facts = Facts(making.facts)
        if worker := facts.text("worker")[:_WORD_CHARS]:
            by_worker.setdefault(worker, []).append(facts)
            continue
        told = f"model {facts.text('model')[:_WORD_CHARS]}" if facts.text("model") else ""
        asked = f"request {making.request_id[:_WORD_CHARS]}" if making.request_id else ""
        if words := ", ".join(filter(None, (told, asked))):
            requests.setdefault(making.engine, []).append(words)
    return (
        *(_by(worker, parts) for worker, parts in by_worker.items()),
        *(f"{engine}: {_first_few(asked)}" for engine, asked in requests.items()),
    )


def _by(worker: str, parts: list[Facts]) -> str:
    waited_ms = sum(part.number("waited_ms") for part in parts)
    took = f"took {seconds(sum(part.number('made_ms') for part in parts))}"
    words = [f"waited {seconds(waited_ms)}", took] if waited_ms >= 50 else [took]
    if any(part.text("loaded") for part in parts):
        words.append("loaded its model first")
    if heard := sum(bool(part.text("continues")) for part in parts):
        words.append(f"heard its own lines before {plural(heard, 'part')}")
    missed = dict.fromkeys(part.text("fallback") for part in parts if part.text("fallback"))
    several = f" in {plural(len(parts), 'part')}" if len(parts) > 1 else ""
    return "; ".join([f"spoken by {worker}{several}: {', '.join(words)}", *missed])


def _first_few(asked: list[str]) -> str:
    different = list(dict.fromkeys(asked))
    more = len(different) - _MOST
    return "; ".join(different[:_MOST]) + (f" and {more} more" if more > 0 else "")
