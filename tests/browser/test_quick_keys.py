"""The board stays on the page while it is worked on by keys, each pressed as soon as the last has counted."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.test_day import fill, sidebar, write_and_mend

pytestmark = pytest.mark.browser

ROUNDS = 6
# Whether the board's place was ever taken off the page.
WATCH = """() => {
  window.boardsGone = 0;
  const board = (node) => node.nodeType === 1
    && (node.matches('.st-key-board') || node.querySelector('.st-key-board'));
  new MutationObserver((changes) => {
    const removed = changes.flatMap((change) => [...change.removedNodes]);
    window.boardsGone += removed.filter(board).length;
  }).observe(document.body, { subtree: true, childList: true });
}"""


def test_no_key_meets_a_page_without_its_board(studio, browsing: BrowserContext) -> None:
    page = browsing.new_page()
    page.goto(studio.url)
    write_and_mend(page)
    fill(page)
    page.evaluate(WATCH)
    page.locator(".beat .name").first.focus()
    for _ in range(ROUNDS):
        for key, picked in (("1", "1 / 3"), ("u", "0 / 3")):
            page.keyboard.press(key)
            expect(sidebar(page, "Takes")).to_contain_text(picked)
    assert page.evaluate("window.boardsGone") == 0
