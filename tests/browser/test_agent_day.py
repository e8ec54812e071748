"""A whole episode by asking: typed in the browser, answered with clicks, heard and measured at the end.

The model is a server on this machine with a script of steps; everything else is the real studio.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import RunningStudio
from tests.model.server import ModelServer
from tests.model.steps import Step, answers_in, calls
from viraltracker.episode import find_encoder

pytestmark = pytest.mark.browser

SCRIPT = """[META]
video_title: Fog by asking
project: harbour
default_character: fed

[BEAT: 01_hook]
name: The Hook
---
And then the light went out.
[END_BEAT]

[BEAT: 02_open]
name: Fog Rolls In
---
The harbour is closed. [PAUSE: beat]
It has always been closed.
[CHARACTER: wojak]
No no no, my whole lunch is out there!
[END_BEAT]
"""
ASKED = (
    "Here is my script; make every beat, give me three takes of the hook, pick the shortest, and export.\n\n"
)


def _session(messages: list[dict[str, Any]]) -> str:
    return str(answers_in(messages)[0]["session_id"])


def _make_every_beat(messages: list[dict[str, Any]]) -> Step:
    return calls(generate_missing_or_stale={"session": _session(messages)})


def _two_more_of_the_hook(messages: list[dict[str, Any]]) -> Step:
    # The embedded voice says the same thing the same way, so the others differ in pace.
    hook = {"session": _session(messages), "beat": "01_hook"}
    return [
        {"tool": "regenerate_beat_audio", "arguments": {**hook, "pace": "chaos"}},
        {"tool": "regenerate_beat_audio", "arguments": {**hook, "pace": "quick"}},
    ]


def _compare(messages: list[dict[str, Any]]) -> Step:
    return calls(compare_takes={"session": _session(messages), "beat": "01_hook"})


def _pick(messages: list[dict[str, Any]]) -> Step:
    session, shortest = _session(messages), answers_in(messages)[-1]["shortest"]
    return [
        {"tool": "select_take", "arguments": {"session": session, "beat": "01_hook", "take": shortest}},
        {"tool": "select_take", "arguments": {"session": session, "beat": "02_open", "take": 1}},
    ]


def _export(messages: list[dict[str, Any]]) -> Step:
    return calls(export_episode={"session": _session(messages)})


def _say(messages: list[dict[str, Any]]) -> Step:
    done = answers_in(messages)[-1]
    return f"The episode is done: {done['duration_ms'] / 1000:.1f} s at {done['integrated_lufs']:.1f} LUFS."


def _yes(page: Page, title: str) -> None:
    question = page.get_by_role("region", name=re.compile(f"Question: {title}"))
    expect(question).to_contain_text("free", timeout=60_000)
    question.get_by_role("button", name=re.compile("^Yes")).click()


def _loudness(file: Path) -> tuple[float, float]:
    """Integrated LUFS and true peak in dBTP, as ffmpeg's own meter hears the decoded file."""
    line = [str(find_encoder(None).path), "-nostdin", "-hide_banner", "-i", str(file)]
    heard = subprocess.run(
        [*line, "-af", "ebur128=peak=true", "-f", "null", "-"], capture_output=True, text=True, check=True
    ).stderr
    lufs, peak = (
        re.findall(r"I:\s+(-?[\d.]+) LUFS", heard)[-1],
        re.findall(r"Peak:\s+(-?[\d.]+) dBFS", heard)[-1],
    )
    return float(lufs), float(peak)


def test_an_episode_by_asking(
    studio: RunningStudio, model: ModelServer, browsing: BrowserContext, tmp_path: Path
) -> None:
    model.will(
        calls(create_production_session={"els": SCRIPT}),
        _make_every_beat,
        _two_more_of_the_hook,
        _compare,
        _pick,
        _export,
        _say,
    )
    page = browsing.new_page()
    page.goto(f"{studio.url}/agent")
    message = page.get_by_role("textbox", name="Message to the agent")
    message.fill(ASKED + SCRIPT)
    message.press("Enter")
    _yes(page, "Make what is missing or stale")
    _yes(page, "Make one more take of 01_hook.*chaos")
    _yes(page, "Make one more take of 01_hook.*quick")
    expect(page.get_by_role("article", name="Agent").last).to_contain_text(
        "The episode is done", timeout=90_000
    )

    found = [row for row in studio.command("sessions", "list") if row["title"] == "Fog by asking"]
    session = str(found[0]["id"])
    takes = {row["beat"]: row for row in studio.command("takes", "list", session)}
    hook: Any = takes["01_hook"]["takes"]
    assert [take["status"] for take in hook] == ["done"] * 3
    (picked,) = (take for take in hook if take["picked"])
    assert picked["duration_ms"] == min(take["duration_ms"] for take in hook)

    page.goto(f"{studio.url}/episode?session={session}")
    with page.expect_download() as download:
        page.locator("[data-card=receipts] a").click()
    file = tmp_path / "episode.mp3"
    download.value.save_as(file)
    lufs, peak_dbtp = _loudness(file)
    assert lufs == pytest.approx(-19, abs=0.3)
    assert peak_dbtp <= -1

    again = browsing.new_page()  # what was said is there for another tab, and after a reload
    again.goto(f"{studio.url}/agent")
    expect(again.get_by_role("article", name="You").first).to_contain_text("Here is my script")
    expect(again.get_by_role("article", name="Agent").last).to_contain_text("The episode is done")
    assert "sk-" not in json.dumps(studio.command("takes", "list", session))
