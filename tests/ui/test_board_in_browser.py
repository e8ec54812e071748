import pytest

from tests.ui.demo.sample import EVIL, ident

pytestmark = pytest.mark.browser

ROOT = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
BOARD = f"{ROOT}.querySelector('.board')"
AUDIO = f"{ROOT}.querySelector('audio')"


def row(name: str) -> str:
    return f'[data-beat="{ident(name)}"]'


def take(name: str) -> str:
    return f'[data-take="{ident(name)}"]'


def open_beat(page, name: str) -> None:
    page.locator(f"{row(name)} .name").click()
    page.locator(f"{row(name)}.open").wait_for()


# What sounded, in order: written down in the page, as a loaded machine may look away for a whole take.
LISTEN = """() => {
  const root = [...document.querySelectorAll('*')].map((node) => node.shadowRoot)
    .find((found) => found?.querySelector('.foot'));
  globalThis.heard = [];
  const look = () => {
    const what = root.querySelector('.foot .what').innerText, last = heard.at(-1);
    if (!root.querySelector('.take.on')) { if (last) last.ended = true; }
    else if (last?.what !== what) heard.push({ what, ended: false });
  };
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(root, all);
}"""


def test_every_state_is_shown_with_what_can_be_done(tab) -> None:
    page = tab.open("takes")
    assert page.locator(".beat").count() == 7
    words = page.locator(".beat .state").all_inner_texts()
    assert words == [
        "picked",
        "to review",
        "stale · text changed",
        "generating · 2 of 3",
        "failed",
        "locked",
        "empty",
    ]
    assert page.get_by_role("button", name="Generate · 58 chars · ~$0.01").is_enabled()
    assert page.get_by_role("button", name="Choose a voice for chad").is_visible()
    assert page.locator(f"{row('04')} [role=progressbar]").get_attribute("aria-valuenow") == "62"
    page.wait_for_selector(f"{take('01-2')} svg path[d*=V]", state="attached")
    assert page.locator(f"{take('03-1')}.sel.stale").count() == 1
    assert page.locator(f"{row('03')} ins").inner_text() == "opinions"
    assert page.locator(f"{row('03')} del").inner_text() == "manners"


def test_text_is_never_markup(tab) -> None:
    page = tab.open("takes", kind="hostile")
    page.locator(f"{row('02')} .name").click()
    page.locator(f"{row('02')} .q").first.hover()
    assert page.locator(".hint").inner_text() == EVIL
    assert page.locator(f"{row('02')} .name").inner_text() == EVIL
    assert page.locator("img, .root script").count() == 0
    assert page.title() == "viraltracker"


def test_a_take_is_picked_by_its_number_and_stays_picked(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "02")
    page.keyboard.press("2")
    assert page.locator(f"{take('02-2')}.sel").count() == 1  # at once, before Python has answered
    assert tab.wait_told(1) == [{"kind": "pick", "beat": str(ident("02")), "take": str(ident("02-2"))}]
    page.locator(f"{row('02')} .state:text-is('picked')").wait_for()
    page.locator(f"{take('02-2')} .id").click()
    assert tab.wait_told(2)[1]["kind"] == "unpick"
    page.locator(f"{take('02-2')}:not(.sel)").wait_for()


def test_keys_mean_nothing_while_somebody_types(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "02")
    page.keyboard.press("/")
    page.keyboard.type("1 slurna? gull")
    assert page.locator("input[type=search]").input_value() == "1 slurna? gull"
    page.keyboard.press("Escape")
    assert page.locator("input[type=search]").input_value() == ""
    page.locator('input[data-field="note"]').fill("softer at the end")
    page.keyboard.press("Enter")
    assert tab.wait_told(1) == [{"kind": "note", "beat": str(ident("02")), "text": "softer at the end"}]
    assert page.locator("dialog[open]").count() == 0


def test_every_event_arrives_once_however_fast_they_come(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "02")
    for key in ("1", "s", "2", "s", "3", "l", "u"):
        page.keyboard.press(key)
    tab.wait_told(7)
    page.locator(f"{row('02')} .state:text-is('locked')").wait_for()
    assert [event["kind"] for event in tab.told()] == ["pick", "star", "pick", "star", "pick", "lock", "undo"]


def test_space_plays_from_the_cursor_on_and_reruns_do_not_disturb_it(tab) -> None:
    page = tab.open("takes")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    page.wait_for_function(f"{AUDIO}.currentTime > 0.2")
    before = page.evaluate(f"{AUDIO}.src")
    page.keyboard.press("s")
    tab.wait_told(1)
    page.locator(f"{take('01-2')} .star:not(.on)").wait_for(state="attached")
    assert page.evaluate(f"[{AUDIO}.src, {AUDIO}.paused]") == [before, False]
    assert page.evaluate(f"{AUDIO}.currentTime") > 0.2
    assert page.locator(f"{take('01-2')}.on").count() == 1
    page.keyboard.press(" ")
    assert page.evaluate(f"{AUDIO}.paused")


def test_the_player_goes_on_through_what_is_picked(tab) -> None:
    page = tab.open("takes", kind="quick")
    page.keyboard.press("ArrowUp")
    page.evaluate(LISTEN)
    page.keyboard.press(" ")
    page.wait_for_function("heard.length === 3 && heard.at(-1).ended")
    # 02, 04, 05 and 07 have no picked take
    names = ["01 Fog Rolls In", "03 Back When Boats Were Boats", "06 Narrator Turns The Page"]
    assert page.evaluate("heard.map((each) => each.what)") == names
    page.get_by_role("button", name="Play from here").wait_for()
    assert page.locator(".take.on").count() == 0


def test_only_one_take_sounds_and_a_click_on_its_waveform_seeks(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "02")
    page.locator(f"{take('02-1')} .play").click()
    page.locator(f"{take('02-1')}.on").wait_for()
    page.get_by_role("button", name="Play take 3", exact=True).click()
    page.locator(f"{take('02-3')}.on").wait_for()
    assert page.locator(".take.on").count() == 1
    box = page.locator(f"{take('02-3')} .wave").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 10)
    assert 1.3 < page.evaluate(f"{AUDIO}.currentTime") < 1.9
    assert "/ 2.8" in page.locator(f"{take('02-3')} .t").inner_text()


def test_two_takes_are_compared_equally_loud(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "02")
    page.get_by_role("button", name="Play take 3", exact=True).click()
    page.locator(f"{take('02-3')}.on").wait_for()
    assert page.evaluate(f"{AUDIO}.volume") == 1
    page.keyboard.press("a")  # take 2 is at -21, take 3 at -22 LUFS
    page.locator(f"{take('02-2')}.on").wait_for()
    assert page.evaluate(f"{AUDIO}.volume") == pytest.approx(10 ** (-1 / 20), abs=1e-3)
    page.keyboard.press("a")
    page.locator(f"{take('02-3')}.on").wait_for()
    assert page.evaluate(f"{AUDIO}.volume") == 1
    assert "compare 3 with 2" in page.locator(".hints").inner_text()


def test_only_what_was_changed_is_asked_for(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "02")
    page.get_by_label("Style").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.get_by_label("Pace").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".revise .speed").inner_text() == "speed 1.20, held from 1.26"
    page.get_by_label("Direction").fill("Calmer")
    page.get_by_role("button", name="New take").click()
    (event,) = tab.wait_told(1)
    assert event == {
        "kind": "revise",
        "beat": str(ident("02")),
        "take": str(ident("02-3")),
        "direction": "Calmer",
        "pace": "fast",
        "style": 0.6,
    }
    assert page.get_by_label("Direction").input_value() == "Calmer"  # the draft outlives the rerun
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_label("Direction").input_value() == "Rising panic, out of breath"
    assert page.get_by_label("Style").input_value() == "0.7"
    page.get_by_role("button", name="New take").click()
    assert tab.wait_told(2)[1] == {"kind": "again", "beat": str(ident("02"))}


def test_an_engine_that_repeats_itself_asks_for_a_change(tab) -> None:
    page = tab.open("takes", kind="repeatable")
    open_beat(page, "02")
    assert page.get_by_label("Style").is_disabled()
    page.keyboard.press("r")
    assert "change a setting first" in page.locator(".told").inner_text()
    page.get_by_label("Stability").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".told").inner_text() == ""
    page.keyboard.press("r")
    (event,) = tab.wait_told(1)
    assert (event["kind"], event["stability"]) == ("revise", 0.35)


def test_rows_are_filtered_searched_and_found_again(tab) -> None:
    page = tab.open("takes")
    page.get_by_role("button", name="3 stale").click()
    assert page.locator(".beat .name").all_inner_texts() == ["Back When Boats Were Boats"]
    page.keyboard.press("n")  # the next that needs a look is behind the filter
    page.locator(f"{row('05')}.open").wait_for()
    assert page.locator(".beat").count() == 7
    page.keyboard.press("Escape")
    page.get_by_role("button", name="fed", exact=True).click()
    assert page.locator(".beat").count() == 2
    page.keyboard.press("/")
    page.keyboard.type("triplicate")
    assert page.locator(".beat .name").all_inner_texts() == ["Form 12-F"]
    page.keyboard.type(" nowhere")
    assert "No beat is like that" in page.locator(".board").inner_text()


def test_a_refresh_keeps_what_is_open(tab) -> None:
    page = tab.open("takes", beats=60)
    page.get_by_role("button", name="The Gull Objects (4)").click()
    page.locator(".beat.open").wait_for()
    assert page.evaluate(f"{BOARD}.scrollTop") > 500
    page.reload()
    page.locator(".beat.open").wait_for()
    assert page.locator(".beat.open .name").inner_text() == "The Gull Objects (4)"
    assert page.evaluate(f"{BOARD}.scrollTop") > 500


def test_rows_stay_the_same_elements_when_data_change(tab) -> None:
    page = tab.open("takes", beats=300)
    assert page.locator(".beat").count() == 300
    page.evaluate(f"{ROOT}.querySelectorAll('.beat').forEach((node, at) => (node.mark = at))")
    page.locator(f"{take('01-2')} .star").click()
    tab.wait_told(1)
    page.locator(f"{take('01-2')} .star:not(.on)").wait_for(state="attached")
    assert page.evaluate(f"[...{ROOT}.querySelectorAll('.beat')].every((node, at) => node.mark === at)")


def test_buttons_of_the_bottom_bar_and_of_failures_reach_python(tab) -> None:
    page = tab.open("takes")
    page.get_by_role("button", name="Fill gaps and stale (5)").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Use eSpeak for now").click()
    page.get_by_role("button", name="Generate · 58 chars").click()
    events = tab.wait_told(4)
    assert [event["kind"] for event in events] == ["fill", "cancel", "act", "generate"]
    assert events[2]["action"] == "espeak"
    assert events[3]["beats"] == [str(ident("07"))]


def test_the_best_takes_are_picked_in_one_press(tab) -> None:
    page = tab.open("takes")
    best = page.get_by_role("button", name="Pick best (2)")
    best.click()
    assert tab.wait_told(1) == [{"kind": "pick-best"}]
    page.locator(f"{take('02-3')}.sel").wait_for()
    best.wait_for(state="hidden")  # nothing is left that it would pick
    page.keyboard.press(" ")
    page.wait_for_function(f"!{AUDIO}.paused")
    assert len(tab.told()) == 1


def test_a_locked_beat_keeps_its_pick(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "06")
    page.keyboard.press("4")
    assert page.locator(f"{row('06')} .revise.none").count() == 1
    page.keyboard.press("l")
    assert tab.wait_told(1) == [{"kind": "lock", "beat": str(ident("06")), "on": False}]


def test_the_space_bar_never_buys_a_second_take(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "02")
    page.get_by_role("button", name="New take").click()
    tab.wait_told(1)
    page.keyboard.press(" ")
    page.wait_for_function(f"!{AUDIO}.paused")
    assert len(tab.told()) == 1


def test_the_shortcuts_are_one_key_away(tab) -> None:
    page = tab.open("takes")
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Shortcuts").is_visible()
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    assert tab.told() == []


def test_a_page_that_rested_for_hours_still_plays(tab) -> None:
    page = tab.open("takes", kind="ended")
    page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    page.locator(f"{take('01-2')}.on").wait_for()
    page.wait_for_function(f"{AUDIO}.currentTime > 0.2")
    assert "/demo/tone/" in page.evaluate(f"{AUDIO}.src")
    assert tab.told() == []


def test_what_can_not_be_done_is_said(tab) -> None:
    page = tab.open("takes")
    open_beat(page, "06")
    page.keyboard.press("r")
    assert page.get_by_text("This beat is locked. L unlocks it.").is_visible()
    page.get_by_role("button", name="Undo", exact=False).last.click()
    assert [event["kind"] for event in tab.wait_told(1)] == ["undo"]
