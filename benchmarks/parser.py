"""How fast a script is read, against the least that any reader does: split the lines and find the brackets.

Both read the same mebibyte in the same run, and the best of the rounds counts. Beside a plain script there
are hostile ones, over which a careless reader would take hours. Run `python benchmarks/parser.py --help`.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count

from viraltracker.script import Cast, format_script, highlight, parse

SIZE = 1024 * 1024
TARGET_S = 1.0
FLOOR = "str.splitlines and one findall of brackets"

_IDS = ("every-coon", "boomer", "fed", "whale", "wojak", "chad")
_CAST = Cast(_IDS, {character: character for character in _IDS})
_BRACKET = re.compile(r"\[[^\[\]\n]*\]")
_META = "[META]\nvideo_title: A Long Night\nproject: harbour-tales\n\n"
_BODY = (
    "[CHARACTER: {who}]\n[DIRECTION: Number {n}, rising]\n[PACE: {pace}]\n"
    "The harbour is closed for day {n}, and *nobody* told the gull. [PAUSE: beat] It has **always** been.\n"
    "So we wait, we count the lamps, and we write it down in a book with {n} pages.\n[PAUSE: {n}]\n"
)


@dataclass(frozen=True)
class Result:
    """One script: seconds for the floor and for reading it, and how many findings there are."""

    script: str
    mib: float
    findings: int
    floor_s: float
    parse_s: float

    @property
    def ratio(self) -> float:
        return self.parse_s / self.floor_s

    @property
    def mb_per_s(self) -> float:
        return self.mib * 1.048576 / self.parse_s


def floor(text: str) -> tuple[list[str], list[str]]:
    """What the named floor does."""
    return text.splitlines(), _BRACKET.findall(text)


def plain() -> str:
    """A script as producers write it, and far too long."""

    def blocks() -> Iterator[str]:
        for n in count(1):
            body = _BODY.format(n=n % 9000, who=_IDS[n % 6], pace=("slow", "fast", "normal")[n % 3])
            yield f"[BEAT: {n:02d}_beat]\nname: Beat {n}\n---\n{body}[END_BEAT]\n\n"

    return _META + _filled(blocks())


def _one_beat(body: str) -> str:
    return f"{_META}[BEAT: 01_open]\nname: One\n---\n{body}\n[END_BEAT]\n"


def _filled(pieces: Iterator[str]) -> str:
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= SIZE:
            break
    return "".join(held)


def hostile() -> dict[str, str]:
    """Scripts that would cost a careless reader the square of their length."""
    return {
        "one line": _one_beat("word " * (SIZE // 5)),
        "one line of tags": _one_beat("[PAUSE: 1] a " * (SIZE // 13)),
        "unclosed brackets": _one_beat("[a " * (SIZE // 3)),
        "asterisks": _one_beat("*a **b " * (SIZE // 7)),
        "brackets in brackets": _one_beat("[[a]" * (SIZE // 4)),
        "blocks without names": _META + "[BEAT:]\n" * (SIZE // 8),
        "control characters": _one_beat("\x01\n" * (SIZE // 2)),
        "emphasis on every line": _one_beat("*a*\n" * (SIZE // 4)),
        "unknown tags": _one_beat(_filled(f"[pau{n}:]\n" for n in count())),
        "30,000 beats": _META + _filled(f"[BEAT: {n}]\nname: N\n---\nHi.\n[END_BEAT]\n" for n in count()),
        "100,000 findings": _one_beat("[PACE: x]\n" * (SIZE // 10)),
        "100,000 guesses": _one_beat(_filled(f"[PACE: x{n}]\n" for n in count())),
    }


def best(rounds: int, work: Callable[[], object]) -> float:
    """The least of some runs, in seconds of this process: nothing here waits for anything."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def measure(name: str, text: str, rounds: int) -> Result:
    """Times the floor and the parser over one script."""
    return Result(
        script=name,
        mib=len(text.encode()) / SIZE,
        findings=len(parse(text, _CAST).diagnostics),
        floor_s=best(rounds, lambda: floor(text)),
        parse_s=best(rounds, lambda: parse(text, _CAST)),
    )


def main() -> None:
    """Reads the arguments and prints the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="runs over the plain script; the best counts")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = options.parse_args()
    text = plain()
    results = [measure("plain", text, chosen.rounds)]
    results += [measure(name, made, 1) for name, made in hostile().items()]
    besides = {
        "highlight_s": best(chosen.rounds, lambda: highlight(text)),
        "format_s": best(chosen.rounds, lambda: format_script(text, _CAST)),
    }
    if chosen.json:
        shown = [{**asdict(r), "ratio": r.ratio, "mb_per_s": r.mb_per_s} for r in results]
        print(json.dumps({"floor": FLOOR, "target_s": TARGET_S, "scripts": shown, **besides}))
        return
    print(f"floor: {FLOOR}; target: 1 MiB under {TARGET_S:g} s")
    heads = ("MiB", "findings", "parse s", "x floor", "MB/s")
    print(f"{'script':20}" + "".join(f"{head:>10}" for head in heads))
    for r in results:
        print(f"{r.script:20}{r.mib:10.2f}{r.findings:10}{r.parse_s:10.3f}{r.ratio:10.1f}{r.mb_per_s:10.1f}")
    print(
        f"the plain script coloured: {besides['highlight_s']:.3f} s; formatted: {besides['format_s']:.3f} s"
    )


if __name__ == "__main__":
    main()
