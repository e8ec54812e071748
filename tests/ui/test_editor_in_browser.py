import pytest

pytestmark = pytest.mark.browser

AREA = "textarea.area"
BOX = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('.area')"
# Letter by letter, and no machine so slow that it rests between two.
QUICKLY = "(text) => [...text].forEach((letter) => document.execCommand('insertText', false, letter))"
CHOSEN = f"{BOX}.value.slice({BOX}.selectionStart, {BOX}.selectionEnd)"


def lines(page) -> list[str]:
    return [text.strip("\u200b") for text in page.locator(".line .code").all_inner_texts()]


def caret_to(page, line: int, column: int) -> None:
    page.locator(AREA).focus()
    page.keyboard.press("Control+Home")
    for _ in range(line - 1):
        page.keyboard.press("ArrowDown")
    for _ in range(column - 1):
        page.keyboard.press("ArrowRight")


def test_findings_are_under_their_exact_columns(tab) -> None:
    page = tab.open("script")
    assert page.locator(".sq").all_inner_texts() == ["wojack"]
    assert page.locator(".sqw").all_inner_texts() == ["[SFX: gull]"]
    assert page.locator(".line.err .code").inner_text() == "[CHARACTER: wojack]"
    assert page.locator(".line .tag").first.inner_text() == "[META]"
    assert page.locator(".strong").all_inner_texts() == ["**always**"]
    assert page.locator(".light").all_inner_texts() == ["*whole lunch*"]


def test_the_mirror_lies_exactly_under_the_text(tab) -> None:
    page = tab.open("script")
    mirrored = page.locator(".line .code").first.bounding_box()
    typed = page.locator(AREA).bounding_box()
    assert mirrored["x"] == pytest.approx(typed["x"], abs=0.6)
    assert mirrored["y"] == pytest.approx(typed["y"] + 12, abs=0.6)
    assert mirrored["width"] == pytest.approx(typed["width"], abs=0.6)
    heights = page.evaluate(
        "() => { const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;"
        " return [root.querySelector('.area').scrollHeight, root.querySelector('.mirror').scrollHeight] }"
    )
    assert abs(heights[0] - max(heights)) <= 1


def test_columns_count_code_points_and_not_what_a_browser_counts(tab) -> None:
    page = tab.open("script")
    caret_to(page, 17, 1)
    page.keyboard.insert_text("🦝🦝 ")  # two letters for a reader, four units for the browser
    (event,) = tab.wait_told(1)
    assert "🦝🦝 [CHARACTER: wojack]" in event["text"]
    page.locator(".line.err .code:has-text('🦝🦝')").wait_for()
    assert page.locator(".sq").all_inner_texts() == ["wojack"]
    assert page.locator(".place").inner_text().startswith("17:4 ")


def test_typing_is_coloured_at_once_and_told_when_it_rests(tab) -> None:
    page = tab.open("script")
    caret_to(page, 11, 1)
    page.evaluate(QUICKLY, "[PACE: slow] So ")
    assert page.locator(".line").nth(10).locator(".tag").inner_text() == "[PACE: slow]"
    assert page.locator(".line").nth(10).inner_text() == "[PACE: slow] So It has **always** been closed."
    (event,) = tab.wait_told(1)  # one message for the whole of it
    assert event["kind"] == "changed"
    assert event["text"].split("\n")[10] == "[PACE: slow] So It has **always** been closed."


def test_a_finding_moves_with_its_line_until_python_has_looked(tab) -> None:
    page = tab.open("script")
    caret_to(page, 1, 1)
    page.keyboard.press("Enter")
    assert page.locator(".line").nth(17).get_attribute("class") == "line err"
    tab.wait_told(1)
    page.locator(".line.warn").wait_for(state="detached")  # the demo finds the error alone
    assert page.locator(".line").nth(17).get_attribute("class") == "line err"


def test_a_finding_jumps_to_its_line_again_and_again(tab) -> None:
    page = tab.open("script")
    for _ in range(2):
        page.locator("tr[data-row='17:13'] td").nth(1).click()
        page.wait_for_function(f"{CHOSEN} === 'wojack'")
        assert page.locator(".finding.error").inner_text().startswith("There is no character")
        caret_to(page, 1, 1)


def test_mending_from_outside_can_be_undone_and_keeps_the_rest(tab) -> None:
    page = tab.open("script")
    caret_to(page, 11, 1)
    page.keyboard.type("Well. ")
    tab.wait_told(1)
    page.get_by_role("button", name="Fix").click()
    page.locator(".line .tag:text-is('[CHARACTER: wojak]')").wait_for()
    assert "Well. It has" in page.locator(AREA).input_value()
    page.locator(AREA).focus()
    page.keyboard.press("Control+z")
    assert "[CHARACTER: wojack]" in page.locator(AREA).input_value()
    assert "Well. It has" in page.locator(AREA).input_value()


def test_what_is_typed_while_python_thinks_is_never_lost(tab) -> None:
    page = tab.open("script")
    caret_to(page, 11, 1)
    words = "one two three four five six seven eight "
    for word in words.split(" ")[:-1]:
        page.keyboard.type(word + " ", delay=60)
    tab.wait_told(1)
    page.locator(AREA).blur()
    assert page.locator(AREA).input_value().split("\n")[10] == words + "It has **always** been closed."
    assert lines(page)[10] == words + "It has **always** been closed."


def test_what_was_typed_a_moment_before_going_back_is_kept(tab) -> None:
    page = tab.open("script")
    caret_to(page, 11, 1)
    page.keyboard.type("Last. ")
    page.go_back()
    page.get_by_role("heading", name="Activity", level=1).wait_for()
    page.wait_for_selector(".root", state="detached")
    page.go_forward()
    page.locator(".statusline .finding:has-text('here before is back')").wait_for()
    assert "Last. It has" in page.locator(AREA).input_value()
    assert "Last. It has" in tab.wait_told(1)[-1]["text"]


def test_a_refresh_keeps_what_was_typed(tab) -> None:
    page = tab.open("script")
    caret_to(page, 11, 1)
    page.keyboard.type("Last. ")
    tab.wait_told(1)
    page.keyboard.type("Very last. ")
    page.reload()  # Python forgets the tab, and has the first text
    page.locator(".statusline .finding:has-text('here before is back')").wait_for()
    assert "Last. Very last. It has" in page.locator(AREA).input_value()
    assert "Last. Very last. It has" in tab.wait_told(2)[-1]["text"]


def test_what_was_typed_on_an_older_version_is_one_undo_away(tab) -> None:
    page = tab.open("script")
    caret_to(page, 11, 1)
    page.keyboard.type("Last. ")
    tab.wait_told(1)
    page.evaluate("window.history.replaceState({}, '', location.href + '&version=5')")
    page.reload()
    page.locator(".statusline .finding:has-text('This is version 5. What was typed on version 4')").wait_for()
    assert "Last. It has" not in page.locator(AREA).input_value()
    page.locator(AREA).focus()
    page.keyboard.press("Control+z")
    assert "Last. It has" in page.locator(AREA).input_value()


def test_saving_by_key_sends_the_text_at_once(tab) -> None:
    page = tab.open("script")
    caret_to(page, 11, 1)
    page.keyboard.type("Now. ")
    page.keyboard.press("Control+s")
    assert tab.wait_told(1)[-1]["kind"] == "saved"
    assert "Now. It has" in tab.told()[-1]["text"]


def test_tab_leaves_the_editor(tab) -> None:
    page = tab.open("script")
    page.locator(AREA).focus()
    before = page.locator(AREA).input_value()
    page.keyboard.press("Tab")
    assert page.locator(AREA).input_value() == before
    assert page.locator(f"{AREA}:focus").count() == 0


def test_a_long_text_draws_the_lines_in_sight_alone(tab) -> None:
    page = tab.open("script", lines=20000)
    assert page.locator(".place").inner_text().endswith("20000 lines")
    assert 30 < page.locator(".line").count() < 150
    page.locator(AREA).focus()
    page.keyboard.press("Control+End")
    page.locator(".line[data-n='20000']").wait_for()
    page.keyboard.type(" **Truly.**")
    assert page.locator(".line[data-n='20000'] .code").inner_text().endswith("said number 19999. **Truly.**")
    assert tab.wait_told(1)[0]["kind"] == "changed"
    assert page.locator(".line[data-n='20000'] .code").inner_text().endswith("said number 19999. **Truly.**")


def test_what_somebody_else_typed_in_this_tab_is_gone_and_ones_own_is_not(tab) -> None:
    page = tab.open("script")
    page.evaluate("""() => {
      for (const draft of ["other:demo", "other:new", "me:new"]) {
        sessionStorage.setItem(`studio-script:${draft}`, JSON.stringify({ base: 0, text: draft }));
      }
    }""")
    page.reload()
    page.locator(AREA).wait_for()
    kept = page.evaluate(
        "() => Object.keys(sessionStorage).filter((key) => key.startsWith('studio-script:'))"
    )
    assert "studio-script:me:new" in kept
    assert [key for key in kept if "other" in key] == []
