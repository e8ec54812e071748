import pytest

from tests.ui.demo.sample import SESSION, ident

pytestmark = pytest.mark.browser

AUDIO = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('audio')"


def test_the_timeline_shows_who_speaks_when_and_zooms(tab) -> None:
    page = tab.open("episode")
    assert page.locator(".names .who").all_inner_texts() == ["fed", "wojak", "boomer", "whale", "every-coon"]
    assert page.locator(".clip").count() == 12
    assert page.locator(".wavepane path[d*=V]").count() == 2
    wide = page.locator(f'.clip[data-beat="{ident("02")}"]').bounding_box()["width"]
    page.get_by_role("button", name="Zoom in (+)").click()
    assert page.get_by_text("0:32 – 1:37").is_visible()
    page.keyboard.press("0")
    page.keyboard.press("+")
    page.keyboard.press("-")
    assert page.locator(f'.clip[data-beat="{ident("02")}"]').bounding_box()["width"] == pytest.approx(
        wide, abs=1
    )
    assert page.get_by_role("button", name="Zoom out (−)").is_disabled()


def test_the_playhead_goes_with_the_exported_file(tab) -> None:
    page = tab.open("episode")
    page.locator(f'.clip[data-beat="{ident("09")}"]').click()
    assert page.get_by_text("0:45.5 of 2:10.0").is_visible()
    page.keyboard.press(" ")
    page.wait_for_function(f"{AUDIO}.currentTime > 45.7")
    left = page.locator(".panes .playhead").first.evaluate("node => parseFloat(node.style.left)")
    assert 35 < left < 37
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{AUDIO}.currentTime > 50.5")
    page.keyboard.press(" ")
    assert page.evaluate(f"{AUDIO}.paused")


def test_a_clip_is_opened_to_be_worked_on(tab) -> None:
    page = tab.open("episode")
    page.locator(f'.clip[data-beat="{ident("15")}"]').dblclick()
    assert tab.wait_told(1) == [{"kind": "beat", "beat": str(ident("15"))}]


def test_a_test_line_is_spoken_with_what_was_moved_and_then_saved(tab) -> None:
    page = tab.open("voices")
    card = page.get_by_role("region", name="wojak")
    card.get_by_label("Speed").focus()
    page.keyboard.press("ArrowLeft")
    card.get_by_role("textbox", name="Test line of wojak").fill("The gull objects.")
    card.get_by_role("button", name="Speak the test line of wojak").click()
    (event,) = tab.wait_told(1)
    assert event == {
        "kind": "test",
        "character": "wojak",
        "line": "The gull objects.",
        "settings": {"stability": 0.3, "style": 0.6, "speed": 1.09},
    }
    card.get_by_role("button", name="Stop the test line of wojak").wait_for()
    card.get_by_role("button", name="Save for the next takes").click()
    assert tab.wait_told(2)[1] == {"kind": "save", "character": "wojak", "settings": {"speed": 1.09}}
    card.get_by_role("button", name="Save for the next takes").wait_for(state="detached")
    assert card.get_by_label("Speed").input_value() == "1.09"


def test_a_line_spoken_while_the_last_one_sounds_is_heard(tab) -> None:
    page = tab.open("voices")
    line = page.get_by_role("textbox", name="Test line of wojak")
    line.fill("The gull objects.")
    line.press("Enter")
    page.wait_for_function(f"{AUDIO}.currentTime > 0.5")
    line.fill("The gull agrees.")
    line.press("Enter")
    assert [event["line"] for event in tab.wait_told(2)] == ["The gull objects.", "The gull agrees."]
    page.wait_for_function(f"!{AUDIO}.paused && {AUDIO}.currentTime < 0.5")
    page.get_by_role("button", name="Stop the test line of wojak").wait_for()


def test_a_part_that_is_made_anew_sounds_what_is_new_and_nothing_again(tab) -> None:
    page = tab.open("voices")
    page.get_by_role("button", name="Speak the test line of wojak").click()
    page.get_by_role("button", name="Stop the test line of wojak").wait_for()
    tab.leave()
    tab.open("voices")
    page.get_by_role("button", name="Speak the test line of wojak").wait_for()
    assert page.locator(".play.on").count() == 0
    page.get_by_role("button", name="Speak the test line of fed").click()
    page.get_by_role("button", name="Stop the test line of fed").wait_for()


def test_a_line_whose_link_has_run_out_says_so_and_is_spoken_again(tab) -> None:
    page = tab.open("voices")
    page.route("**/demo/tone/**", lambda route: route.fulfill(status=404, body="gone"))
    speak = page.get_by_role("button", name="Speak the test line of fed")
    speak.click()
    card = page.get_by_role("region", name="fed")
    card.get_by_role("alert").get_by_text("It can't be played any more. Speak it again.").wait_for()
    page.unroute("**/demo/tone/**")
    speak.click()
    page.get_by_role("button", name="Stop the test line of fed").wait_for()
    assert card.get_by_role("alert").count() == 0
    assert [event["kind"] for event in tab.wait_told(2)] == ["test", "test"]


def test_a_knob_that_nobody_turned_stays_the_voices_own(tab) -> None:
    page = tab.open("voices")
    card = page.get_by_role("region", name="every-coon")
    pitch = card.get_by_label("Pitch", exact=True)
    assert pitch.get_attribute("aria-valuetext") == "Not set: the voice’s own"
    card.get_by_role("button", name="Speak the test line of every-coon").click()
    (event,) = tab.wait_told(1)
    assert "pitch" not in event["settings"]
    pitch.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert pitch.get_attribute("aria-valuetext") == "1"
    card.get_by_role("button", name="Pitch: the voice’s own").click()
    assert pitch.get_attribute("aria-valuetext") == "Not set: the voice’s own"
    assert card.get_by_role("button", name="Save for the next takes").count() == 0


def test_a_voice_is_one_choice(tab) -> None:
    page = tab.open("voices")
    page.get_by_label("Voice of chad").select_option("eleven/sam")
    assert tab.wait_told(1) == [{"kind": "voice", "character": "chad", "voice": "eleven/sam"}]
    page.get_by_role("region", name="chad").get_by_text("ready").wait_for()
    assert page.get_by_role("region", name="boomer").get_by_label("Stability").is_disabled()
    page.get_by_role("button", name="fed", exact=True).click()
    assert tab.wait_told(2)[1] == {"kind": "character", "character": "fed"}


@pytest.mark.parametrize("how", ["mouse", "space"])
def test_a_button_that_is_pressed_while_news_come_is_clicked(tab, how: str) -> None:
    page = tab.open("voices")
    button = page.get_by_role("button", name="Speak the test line of fed")
    press, let_go = (page.mouse.down, page.mouse.up)
    if how == "space":
        press, let_go = (lambda: page.keyboard.down(" ")), (lambda: page.keyboard.up(" "))
        button.focus()
    button.hover()
    press()
    page.get_by_label("Voice of fed").select_option("eleven/sam")
    tab.wait_told(1)
    page.wait_for_selector('[data-test-script-state="notRunning"]')
    let_go()
    assert [event["kind"] for event in tab.wait_told(2)] == ["voice", "test"]
    page.get_by_role("button", name="Stop the test line of fed").wait_for()
    assert page.get_by_label("Voice of fed").input_value() == "eleven/sam"


def test_a_long_press_counts_while_something_plays(tab) -> None:
    page = tab.open("voices")
    page.get_by_role("button", name="Speak the test line of fed").click()
    for name in ("Stop the test line of fed", "Speak the test line of wojak"):
        page.get_by_role("button", name=name).hover()
        page.mouse.down()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.mouse.up()
        if name.startswith("Stop"):
            page.get_by_role("button", name="Speak the test line of fed").click()
            page.get_by_role("button", name="Stop the test line of fed").wait_for()
    page.get_by_role("button", name="Stop the test line of wojak").wait_for(timeout=9000)


def test_only_one_part_of_the_page_sounds(tab) -> None:
    page = tab.open("voices")
    for name in ("fed", "wojak"):
        page.get_by_role("button", name=f"Speak the test line of {name}").click()
        page.get_by_role("button", name=f"Stop the test line of {name}").wait_for()
    assert page.locator(".play.on").count() == 1


def test_a_row_is_opened_by_click_and_by_key(tab) -> None:
    page = tab.open("")
    page.locator("tr", has_text="Tax Day, Explained").locator("td").nth(1).click()
    page.wait_for_url(f"**/takes?session={SESSION}")
    page.locator(".beat").first.wait_for()
    page.get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="Untitled. Open this session").press("Enter")
    page.wait_for_url(f"**/takes?session={SESSION}")


def test_the_places_keep_the_session_and_say_how_things_stand(tab) -> None:
    page = tab.open("takes")
    page.get_by_role("link", name="Voices 6").click()
    page.wait_for_url(f"**/voices?session={SESSION}")
    page.get_by_role("heading", name="Voices", level=1).wait_for()
    page.get_by_role("link", name="Takes 31 / 42").click()
    page.wait_for_url(f"**/takes?session={SESSION}")
    page.locator(".beat").first.wait_for()
    assert page.locator("[class*=st-key-place-here]").inner_text().split() == ["Takes", "31", "/", "42"]


def test_leaving_the_page_ends_its_sound(tab) -> None:
    page = tab.open("takes")
    page.evaluate(f"window.sounding = {AUDIO}")
    page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    page.wait_for_function("!window.sounding.paused")
    page.get_by_role("link", name="Agent").click()
    page.get_by_role("heading", name="Agent", level=1).wait_for()
    page.wait_for_function("window.sounding.paused")


@pytest.mark.parametrize("place", ["", "script", "episode", "voices"])
def test_a_narrow_window_cuts_no_facts_off(tab, place: str) -> None:
    tab.page.set_viewport_size({"width": 1024, "height": 768})
    page = tab.open(place)
    page.locator("[data-card]").first.wait_for()
    overflow = "cards => cards.map(card => card.scrollWidth - card.clientWidth)"
    assert max(page.locator("[data-card]").evaluate_all(overflow)) <= 0
    narrowest = "cells => Math.min(...cells.map(cell => cell.clientWidth))"
    assert page.locator("td.words").evaluate_all(narrowest) > 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_components_follow_the_theme(tab, scheme: str) -> None:
    tab.page.emulate_media(color_scheme=scheme)
    page = tab.open("takes")
    ink = page.locator(".beat .name").first.evaluate("node => getComputedStyle(node).color")
    ground = page.locator(".stApp").evaluate("node => getComputedStyle(node).backgroundColor")
    expected = {
        "light": ("rgb(29, 27, 24)", "rgb(251, 250, 248)"),
        "dark": ("rgb(236, 234, 230)", "rgb(20, 21, 23)"),
    }
    assert (ink, ground) == expected[scheme]
    assert page.evaluate("document.fonts.check('14px Inter')")
