"""Makes the pictures of the README: `python docs/screenshots.py`.

A studio of its own is opened in a scratch folder, the example scripts are produced there by the commands that
people use, and Chromium looks at each page. Ends when the pictures lie in `docs/screenshots/`.
"""

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
SIZE: ViewportSize = {"width": 1440, "height": 900}
PORT = 8741
MODEL = runpy.run_path(str(ROOT / "tests" / "pages" / "model_server.py"))
"""A model's server that says what it is told to: a conversation needs no key and is the same each time."""
NEW_BEAT = """
[BEAT: 99_receipt]
name: The Receipt
---
[CHARACTER: fed]
Keep it for seven years.
[END_BEAT]
"""

expect.set_options(timeout=30_000)


def command(data: Path, *words: str) -> Any:
    """What `viraltracker` says to these words, as JSON."""
    line = [sys.executable, "-m", "viraltracker.cli", *words, "--json"]
    done = subprocess.run(
        line, env=environment(data), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in (0, 1, 3):  # 3: made with failures, which one of the pictures shall show
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}")
    return json.loads(done.stdout) if done.stdout.strip() else None


def environment(data: Path) -> dict[str, str]:
    """No key and no settings of whoever calls."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("VIRALTRACKER_", "ELEVENLABS_"))}
    return {**plain, "VIRALTRACKER_DATA": str(data)}


@contextmanager
def studio(data: Path, model_url: str) -> Iterator[str]:
    """The studio's address, while it is open."""
    line = [sys.executable, "-m", "viraltracker.cli", "studio", "--no-browser", "--json", "--port", str(PORT)]
    model = {"VIRALTRACKER_AGENT_MODEL": "qwen3:8b", "VIRALTRACKER_AGENT_BASE_URL": model_url}
    with subprocess.Popen(
        line, env={**environment(data), **model}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def produce(data: Path, scratch: Path) -> str:
    """One episode exported, one half done with every state a beat can have, one draft; the second's id."""
    examples = ROOT / "examples"
    command(data, "render", str(examples / "why-eggs-cost-more.els"), "--out", str(scratch / "eggs.mp3"))
    script = (examples / "tax-day-explained.els").read_text(encoding="utf-8")
    tax = str(command(data, "sessions", "new", str(examples / "tax-day-explained.els"))["id"])
    beats = [row["beat"] for row in command(data, "takes", "list", tax)]
    command(data, "takes", "generate", tax, *(beat for beat in beats if beat not in ("04_deal", "07_no")))
    command(data, "takes", "pick-best", tax)
    command(data, "takes", "regenerate", tax, "02_scream", "--pace", "normal")
    command(data, "takes", "regenerate", tax, "02_scream", "--pace", "deliberate")
    for beat in ("02_scream", *beats[-6:-2]):
        command(data, "takes", "pick", tax, beat, "--none")
    command(data, "takes", "regenerate", tax, "04_deal", "--engine", "elevenlabs")
    command(data, "takes", "star", tax, "01_hook")
    command(data, "takes", "lock", tax, "06_myth")
    changed = scratch / "tax.els"
    changed.write_text(script.replace("and opinions.", "and a calculator."), encoding="utf-8")
    command(data, "sessions", "save", tax, str(changed))
    return tax


def save(page: Page, name: str) -> None:
    """The page as it is now."""
    page.mouse.move(720, 899)
    page.evaluate("document.fonts.ready")
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    picture.save(PICTURES / f"{name}.png", optimize=True)
    size_kb = (PICTURES / f"{name}.png").stat().st_size // 1000
    print(f"{name}.png, {size_kb} kB")  # noqa: T201 - this is a script


def look(page: Page, url: str, tax: str) -> None:
    """Each page as a producer meets it in the middle of a day's work."""
    page.goto(url)
    eggs = page.get_by_role("button", name="Why Eggs Cost More")
    expect(eggs).to_be_visible()
    save(page, "sessions")
    eggs.click()
    page.wait_for_url("**/takes?*")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Episode").click()
    page.get_by_role("button", name="Zoom in (+)").click()
    page.get_by_role("button", name="Zoom in (+)").click()
    expect(page.locator(".clip").first).to_be_visible()
    save(page, "episode")
    page.goto(f"{url}/takes?session={tax}")
    page.locator(".name:text-is('Wojak Opens His')").click()
    expect(page.locator(".beat.open .take")).to_have_count(3)
    expect(page.locator(".beat.open .wave path").first).to_be_attached()
    save(page, "takes")
    page.goto(f"{url}/script?session={tax}")
    area = page.get_by_label("Script", exact=True)
    expect(area).to_have_value(re.compile("Tax Day"))
    text = area.input_value().replace("with a *window*.", "with a *window*. [SFX: rain]", 1)
    text = text.replace("He got *change*.", "He got *change*, and a receipt.", 1)
    area.fill(text + NEW_BEAT)
    expect(page.locator("[data-card=changes]")).to_contain_text("1 beat")
    area.evaluate("area => area.setSelectionRange(0, 0)")
    page.locator(".scroller").evaluate("node => node.scrollTo(0, 0)")
    save(page, "script")
    for place, ready in (("voices", "[aria-label=wojak]"), ("activity", "[data-card=work] tr")):
        page.goto(f"{url}/{place}?session={tax}")
        expect(page.locator(ready).first).to_be_visible()
        save(page, place)


def converse(page: Page, url: str, tax: str, model: Any) -> None:
    """The agent in the middle of its work, with a question to its producer."""
    page.goto(f"{url}/agent?session={tax}")
    message = page.get_by_role("textbox", name="Message to the agent")
    model.will(
        [
            ("get_production_session", {"session": ""}),
            ("compare_takes", {"session": "", "beat": "02_scream"}),
        ],
        "**02_scream** has three takes and no pick. Take 2 is the calmest; take 3 is slower and clearer on "
        "*page nine is blank*.\n\nFive more beats wait for a pick, and three are missing or stale.",
    )
    message.fill("What still needs me, and which take of the scream is the best?")
    message.press("Enter")
    expect(page.get_by_text("Five more beats wait")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    model.will(
        [("select_take", {"session": "", "beat": "02_scream", "take": 3})],
        [("generate_missing_or_stale", {"session": ""})],
    )
    message.fill("Take the clearer one, then make what is missing.")
    message.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Yes"))).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.locator("[data-card=usage]")).to_contain_text("4,800")
    message.evaluate("area => area.blur()")
    save(page, "agent")


def look_at_night(page: Page, url: str, tax: str) -> None:
    """The board on the dark theme."""
    page.goto(f"{url}/takes?session={tax}")
    page.locator(".name:text-is('Wojak Opens His')").click()
    expect(page.locator(".beat.open .wave path").first).to_be_attached()
    save(page, "takes_dark")


def main() -> None:
    """Make all pictures."""
    browser_path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    scratch = Path(tempfile.mkdtemp(prefix="vt-pictures-"))
    scratch.chmod(0o711)
    data = scratch / "data"
    PICTURES.mkdir(exist_ok=True)
    with MODEL["model_server"]() as model, studio(data, model.url) as url, sync_playwright() as playwright:
        tax = produce(data, scratch)
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        with browser.new_context(viewport=SIZE, color_scheme="light") as day:
            look(day.new_page(), url, tax)
            converse(day.new_page(), url, tax, model)
        with browser.new_context(viewport=SIZE, color_scheme="dark") as night:
            look_at_night(night.new_page(), url, tax)
        browser.close()
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
