"""What a producer waits for: the Takes page of 50 and 300 beats in Chromium, on the real studio.

    python benchmarks/page.py [--beats 50 300] [--json]

Load: from the address to all rows and the first waveforms, the browser's cache warm. Click: from picking a
take to its row showing it. Through: from the pick to the sidebar's new count, so by Python and the database
and back. Targets: load 2500 ms, click 150 ms. Floor: a Streamlit page with one button and nothing else, in
the same run.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

LOAD_TARGET_MS, CLICK_TARGET_MS = 2500.0, 150.0
PORT, FLOOR_PORT = 8751, 8752
ROUNDS = 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
EMPTY_PAGE = """import streamlit as st
st.session_state.n = st.session_state.get("n", 0) + st.button("more")
st.html(f'<i class="floor">{st.session_state.n}</i>')
"""
FIND = """const all = (what) => [...document.querySelectorAll('*')].flatMap((node) =>
  node.shadowRoot ? [...node.shadowRoot.querySelectorAll(what)] : []);"""
# Waveforms are drawn where somebody sees them.
LOADED = f"""(count) => {{ {FIND}
  return all('.beat').length >= count && all('.wave path').length > 0;
}}"""
CLICK = f"""async () => {{ {FIND}
  const row = all('.beat')[1], takes = document.querySelector('[class*=st-key-place-here-takes]');
  const before = takes.textContent, picked = row.querySelectorAll('.take.sel').length;
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const began = performance.now();
  row.querySelector('.take .id').click();
  while (row.querySelectorAll('.take.sel').length === picked) await frame();
  await frame();
  const shown = performance.now() - began;
  while (takes.isConnected && takes.textContent === before) await frame();
  return [shown, performance.now() - began];
}}"""
FLOOR_CLICK = """async () => {
  const text = () => document.querySelector('.floor')?.textContent, before = text();
  const began = performance.now();
  document.querySelector('[data-testid=stButton] button').click();
  while (text() === before) await new Promise((done) => requestAnimationFrame(done));
  return performance.now() - began;
}"""


def script(beats: int) -> str:
    """A script of that many beats, no two lines alike."""
    head = f"[META]\nvideo_title: {beats} beats\nproject: bench\n\n"
    one = "[BEAT: b{n:03d}]\nname: Beat {n}\n---\nThe fog is late, page {n}.\n[END_BEAT]\n\n"
    return head + "".join(one.format(n=n) for n in range(1, beats + 1))


@contextmanager
def running(line: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A server, until the block ends."""
    environment = {**os.environ, "VIRALTRACKER_DATA": str(folder)}
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)  # it has a last word to say


def prepared(folder: Path, beats: int) -> str:
    """The id of a session of that many beats, each with a take to review."""
    base = [sys.executable, "-m", "viraltracker.cli"]
    environment = {**os.environ, "VIRALTRACKER_DATA": str(folder)}
    made = subprocess.run(
        [*base, "sessions", "new", "-", "--json"],
        input=script(beats), env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    session = str(json.loads(made.stdout)["id"])
    ask = [*base, "takes", "generate", session, "--missing", "--json"]
    subprocess.run(ask, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return session


def load_ms(page: Page, url: str, ready: str, argument: object = None) -> float:
    """Median over the rounds after a first one that fills the browser's cache."""
    spans = []
    for _ in range(ROUNDS + 1):
        page.goto("about:blank")
        page.goto(url, wait_until="commit")
        page.wait_for_function(ready, arg=argument, polling="raf")
        spans.append(float(page.evaluate("performance.now()")))
    return statistics.median(spans[1:])


def floor(page: Page, folder: Path) -> dict[str, float]:
    """An empty page's load and click."""
    empty = folder / "empty.py"
    empty.write_text(EMPTY_PAGE, encoding="utf-8")
    options = ["--server.port", str(FLOOR_PORT), "--server.headless", "true", "--server.address", "127.0.0.1"]
    with running([sys.executable, "-m", "streamlit", "run", str(empty), *options], folder) as server:
        assert server.stdout is not None
        while "http" not in server.stdout.readline():
            pass
        ready = "() => Boolean(document.querySelector('.floor'))"
        load = load_ms(page, f"http://127.0.0.1:{FLOOR_PORT}", ready)
        clicks = [float(page.evaluate(FLOOR_CLICK)) for _ in range(2 * ROUNDS)]
    return {"load_ms": load, "click_ms": statistics.median(clicks)}


def board(page: Page, url: str, session: str, beats: int) -> dict[str, float]:
    """A session's load and clicks."""
    load = load_ms(page, f"{url}/takes?session={session}", LOADED, beats)
    spans: list[list[float]] = []
    for _ in range(2 * ROUNDS):
        expect(page.get_by_test_id("stSidebar").get_by_role("link", name="Takes")).to_be_visible()
        spans.append(page.evaluate(CLICK))
    return {
        "beats": beats,
        "load_ms": load,
        "load_ratio": load / LOAD_TARGET_MS,
        "click_ms": statistics.median(shown for shown, _ in spans),
        "click_ratio": statistics.median(shown for shown, _ in spans) / CLICK_TARGET_MS,
        "through_ms": statistics.median(through for _, through in spans),
    }


def measured(sizes: list[int]) -> dict[str, Any]:
    """All figures of one run, with the machine's load at its end."""
    folder = Path(tempfile.mkdtemp(prefix="vt-bench-"))
    folder.chmod(0o711)
    command = [sys.executable, "-m", "viraltracker.cli", "studio", "--no-browser", "--json"]
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        lowest = floor(page, folder)
        with running([*command, "--port", str(PORT)], folder / "data") as studio:
            assert studio.stdout is not None
            url = json.loads(studio.stdout.readline())["url"]
            sessions = {beats: prepared(folder / "data", beats) for beats in sizes}
            boards = [board(page, url, session, beats) for beats, session in sessions.items()]
        browser.close()
    shutil.rmtree(folder, ignore_errors=True)
    return {"floor": lowest, "boards": boards, "load_average": os.getloadavg()[0], "cores": os.cpu_count()}


def main() -> None:
    """Print what was measured."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--beats", type=int, nargs="+", default=[50, 300])
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    result = measured(given.beats)
    if given.json:
        print(json.dumps(result))
        return
    print(f"load average {result['load_average']:.1f} on {result['cores']} cores")
    lowest = result["floor"]
    print(f"empty page   load {lowest['load_ms']:6.0f} ms              click {lowest['click_ms']:5.0f} ms")
    for at in result["boards"]:
        print(
            f"{at['beats']:4d} beats   load {at['load_ms']:6.0f} ms ({at['load_ratio']:.2f} of target)"
            f"   click {at['click_ms']:5.0f} ms ({at['click_ratio']:.2f} of target)"
            f"   through Python {at['through_ms']:5.0f} ms"
        )


if __name__ == "__main__":
    main()
