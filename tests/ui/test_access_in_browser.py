"""What a screen reader and a keyboard find on every place."""

import pytest

pytestmark = pytest.mark.browser

NEEDS_A_NAME = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "slider",
    "combobox",
    "progressbar",
    "dialog",
    "img",
}
PLACES = ("sessions", "script", "takes", "episode", "voices")


def tree(page) -> list[dict]:
    """The accessibility tree's nodes that are not ignored, as {role, name}."""
    client = page.context.new_cdp_session(page)
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    return [
        {"role": node["role"]["value"], "name": node.get("name", {}).get("value", "").strip()}
        for node in nodes
        if not node["ignored"]
    ]


@pytest.mark.parametrize("place", PLACES)
def test_everything_that_acts_has_a_name(tab, place: str) -> None:
    page = tab.open("" if place == "sessions" else place)
    if place == "takes":
        page.locator(".name", has_text="The Gull Objects").click()
        page.locator(".beat.open").wait_for()
    page.get_by_role("heading", level=1).wait_for()
    nodes = tree(page)
    assert [node for node in nodes if node["role"] in NEEDS_A_NAME and not node["name"]] == []
    assert sum(node["role"] == "heading" for node in nodes) >= 1


def test_the_board_says_what_it_is(tab) -> None:
    page = tab.open("takes")
    page.locator(".name", has_text="The Gull Objects").click()
    page.locator(".beat.open").wait_for()
    names = {(node["role"], node["name"]) for node in tree(page)}
    assert {
        ("list", "Beats"),
        ("button", "The Gull Objects"),
        ("button", "Play take 3"),
        ("button", "Pick take 3"),
        ("button", "Star take 3"),
        ("group", "Take 2, 0:02.6"),
        ("textbox", "Note on The Gull Objects"),
        ("button", "Play from here"),
        ("progressbar", "Making takes"),
        ("searchbox", "Search text, name, note"),
    } <= names
    assert page.locator(".beat.open .name").get_attribute("aria-expanded") == "true"
    assert (
        page.get_by_label("Pace").get_attribute("aria-valuetext") == "chaos ×1.20, speed 1.20, held from 1.32"
    )


def test_the_whole_board_is_walked_by_tab_and_focus_is_seen(tab) -> None:
    page = tab.open("takes")
    page.locator(".name", has_text="Fog Rolls In").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.locator(".name:focus-visible").inner_text() == "Fog Rolls In"
    outline = page.locator(".name:focus-visible").evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    seen = []
    for _ in range(3):
        page.keyboard.press("Tab")
        seen.append(page.locator(":focus").last.get_attribute("aria-label"))
    assert seen == ["Play take 2", "Unpick take 2", "Star take 2"]
    page.keyboard.press("Enter")
    assert tab.wait_told(1)[0]["kind"] == "star"
