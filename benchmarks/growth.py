"""What pages and picks cost when a studio has grown: many sessions, each of many beats with three takes.

    python benchmarks/growth.py [--sessions 100] [--beats 300] [--json]

The sessions page, the takes page and a pick, as the pages ask for them, once with one session and once with
all, in one run; over psycopg, and over supabase-py and the tests' stand-in for PostgREST. Milliseconds are
medians; the target is 1.5 times the one session's.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from uuid import UUID

import anyio
import psycopg
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parents[1]))  # for its neighbours

from benchmarks.generation import script, speak_tones
from tests.store.gateway import Gateway
from viraltracker.settings import Settings
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Hosted, LocalBlobs, Project
from viraltracker.studio import Stores, Studio, open_studio

TARGET = 1.5
ROUNDS = 15
# The queue's triggers find their tables by the search path.
PATH = "-c search_path=public,procrastinate"
# As if workers had made what was asked for in the first session, and every session had three such takes
# a beat.
GROWN = """
insert into blobs (owner, sha256, bytes, media_type)
select distinct owner, repeat('0', 64), 1, 'audio/flac' from takes on conflict do nothing;

update takes set status = 'done', audio_sha256 = repeat('0', 64), duration_ms = 4000, lufs = -20,
    finished_at = now(), parts_done = parts, peaks = repeat('80', 60),
    judgement = '{"verdict": "clean", "findings": [], "expected_ms": 4000}'
where status = 'queued';

insert into takes (owner, session_id, beat, number, status, plan, plan_key, queue, batch, parts, parts_done,
    audio_sha256, duration_ms, lufs, judgement, peaks, finished_at)
select b.owner, b.session_id, b.id, n, 'done', plan, plan_key, queue, batch, parts, parts,
    audio_sha256, duration_ms, lufs, judgement, peaks, now()
from beats b join beats planned using (beat_id) join takes t on t.beat = planned.id and t.number = 1,
    generate_series(1, 3) n
where planned.session_id = (select session_id from takes order by requested_at limit 1)
on conflict (beat, number) do nothing;

delete from procrastinate.procrastinate_jobs;

analyze
"""


async def grow(studio: Studio, dsn: str, titles: list[str], beats: int, *, plan: bool = False) -> list[UUID]:
    """Sessions with these titles, all beats with three takes."""
    made = []
    for title in titles:
        text = script(beats).replace("Overhead", title)
        saved = await studio.sessions.create(text, await studio.script_cast())
        if plan:
            await (await studio.generate()).fill(await studio.sessions.get(saved.session))
        made.append(saved.session)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, options=PATH) as connection:
        for statement in GROWN.split(";\n\n"):
            await connection.execute(statement.encode())
    return made


async def timed(work: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Milliseconds of one call, the median of some."""
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


async def count_all(studio: Studio) -> None:
    """Look at the list until every line has its figures."""
    counted = False
    while not counted:
        page, _ = await studio.overview("active", "", 0)
        counted = all(line.counted for line in page.lines)


async def asked(studio: Studio, session: UUID) -> dict[str, float]:
    """What the two pages and a pick take."""
    desk = await studio.desk(session)
    beat = desk.session.beats[0]
    picks = iter([take.id for _ in range(ROUNDS) for take in beat.takes])

    def anew() -> Studio:
        return Studio(studio.settings, studio.stores, studio.engines)

    def first_look() -> Awaitable[object]:
        return anew().overview("active", "", 0)

    await count_all(studio)
    return {
        "sessions page, first look": await timed(first_look, 3),
        "sessions page, all counted": await timed(lambda: count_all(anew()), 1),
        "sessions page": await timed(partial(studio.overview, "active", "", 0)),
        "takes page": await timed(partial(studio.desk, session)),
        "pick": await timed(lambda: studio.choose.pick(session, {beat.id: next(picks)})),
    }


async def measure(folder: Path, sessions: int, beats: int) -> Mapping[str, Mapping[str, float]]:
    """Both transports, with one session and with all."""
    engine = ToneEngine()
    async with open_studio(Settings(data=folder), {"tone": engine}) as local:
        await speak_tones(local)
        postgres = local.stores.require_queue()
        dsn = await postgres.url()
        admin = dsn.replace(dsn.partition("//")[2].partition("@")[0], "postgres", 1)
        with Gateway(dsn) as gateway:
            keys = SecretStr(gateway.key), SecretStr(gateway.secret)
            async with Project(gateway.url, *keys) as project:
                stores = Stores(Hosted(project), LocalBlobs(folder), postgres)
                studios = {"psycopg": local, "supabase": Studio(local.settings, stores, local.engines)}
                (first,) = await grow(local, admin, ["Harbour 0"], beats, plan=True)
                before = {name: await asked(studio, first) for name, studio in studios.items()}
                await grow(local, admin, [f"Harbour {n}" for n in range(1, sessions)], beats)
                after = {name: await asked(studio, first) for name, studio in studios.items()}
    found: dict[str, Mapping[str, float]] = {}
    for name, few in before.items():
        for what, one_ms in few.items():
            all_ms = after[name][what]
            found[f"{what}, {name}"] = {"one_ms": one_ms, "all_ms": all_ms, "ratio": all_ms / one_ms}
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--beats", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        Path(folder).chmod(0o711)
        found = anyio.run(measure, Path(folder), wanted.sessions, wanted.beats)
    if wanted.json:
        print(json.dumps(found))
        return
    print(f"{'':36}{'1 session':>12}{f'{wanted.sessions} sessions':>16}{'ratio':>8}   target {TARGET}")
    for what, figures in found.items():
        print(f"{what:36}{figures['one_ms']:9.1f} ms{figures['all_ms']:13.1f} ms{figures['ratio']:8.2f}")


if __name__ == "__main__":
    main()
