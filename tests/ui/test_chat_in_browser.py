import pytest
from playwright.sync_api import Locator, Page

from tests.ui.demo.chat_sample import DELETE, SPEND, WRITE
from tests.ui.demo.sample import EVIL, SESSION, ident

pytestmark = pytest.mark.browser

SCROLLER = (
    "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
    ".map((node) => node.shadowRoot.querySelector('.scroller')).find(Boolean)"
)


def chat(tab, kind: str = "plain") -> Page:
    page = tab.open("agent", kind=kind)
    page.locator(".composer").wait_for()
    return page


def message(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message to the agent")


def test_enter_says_it_and_shift_enter_breaks_the_line(tab) -> None:
    page = chat(tab, "empty")
    message(page).press_sequentially("First")
    message(page).press("Shift+Enter")
    message(page).press_sequentially("second")
    message(page).press("Enter")
    assert tab.wait_told(1) == [{"kind": "say", "text": "First\nsecond", "based_on": 0}]
    page.get_by_role("article", name="You").get_by_text("First").wait_for()
    page.get_by_role("article", name="Agent").get_by_text("word5").wait_for()
    assert message(page).input_value() == ""


def test_an_example_is_said_by_a_click(tab) -> None:
    page = chat(tab, "empty")
    page.get_by_role("button", name="Where does this episode stand").click()
    (event,) = tab.wait_told(1)
    assert event["text"] == "Where does this episode stand, and what is missing?"
    page.locator(".example").first.wait_for(state="detached")


def test_what_is_typed_outlives_a_refresh(tab) -> None:
    page = chat(tab)
    message(page).fill("Half a thought")
    page.reload()
    page.locator(".composer").wait_for()
    assert message(page).input_value() == "Half a thought"


def test_words_that_could_not_be_said_come_back(tab) -> None:
    page = chat(tab, "conflict")
    message(page).fill("Mine")
    message(page).press("Enter")
    page.get_by_role("note").get_by_text("went on in another tab").wait_for()
    assert message(page).input_value() == "Mine"
    assert page.get_by_role("article", name="You").filter(has_text="Mine").count() == 0
    page.get_by_role("button", name="Send").click()
    assert [event["text"] for event in tab.wait_told(2)] == ["Mine", "Mine"]


def test_the_conversation_follows_what_is_said_unless_somebody_reads_above(tab) -> None:
    page = chat(tab, "slow")
    page.evaluate(f"window.scroller = {SCROLLER}; window.first = window.scroller.querySelector('.agent')")
    message(page).fill("Go on")
    message(page).press("Enter")
    page.get_by_role("article", name="Agent").get_by_text("word20", exact=True).wait_for()
    assert page.get_by_role("log").get_attribute("aria-busy") == "true"
    page.wait_for_function("scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48")
    page.locator(".scroller").evaluate("node => node.scrollTo(0, 500)")
    page.get_by_role("button", name="Newest").wait_for()
    page.get_by_role("article", name="Agent").get_by_text("word30", exact=True).wait_for(state="attached")
    assert page.evaluate("scroller.scrollTop") == 500
    page.get_by_role("button", name="Newest").click()
    page.wait_for_function("scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48")
    assert page.evaluate("first.isConnected")  # three hundred lines are not drawn anew for one word
    page.get_by_role("button", name="Stop the answer").click()
    assert [event["kind"] for event in tab.wait_told(2)] == ["say", "stop"]
    page.get_by_role("note").get_by_text("Stopped.").wait_for()
    page.get_by_role("button", name="Send").wait_for()


def test_while_somebody_answers_it_can_be_typed_but_not_sent(tab) -> None:
    page = chat(tab, "elsewhere")
    page.get_by_text("The agent is answering in another tab.").first.wait_for()
    message(page).fill("Later")
    message(page).press("Enter")
    assert message(page).input_value() == "Later"
    page.get_by_role("button", name="Stop the answer").click()
    assert tab.wait_told(1) == [{"kind": "stop"}]


def test_a_question_is_answered_once(tab) -> None:
    page = chat(tab, "asks")
    change = page.get_by_role("region", name=f"Question: {WRITE.title}")
    assert change.locator(".ins").inner_text() == "+And then, at nine sharp, the light went out."
    assert change.locator(".del").inner_text() == "-And then the light went out."
    change.get_by_role("button", name="Yes, save this").press("Enter")
    change.get_by_text("You said yes.").wait_for()
    delete = page.get_by_role("region", name=f"Question: {DELETE.title}")
    delete.get_by_role("button", name="No, keep it").click()
    delete.get_by_text("You said no.").wait_for()
    assert tab.wait_told(2) == [
        {"kind": "answer", "approval": str(WRITE.id), "call": "call-write", "yes": True},
        {"kind": "answer", "approval": str(DELETE.id), "call": "call-delete", "yes": False},
    ]


def test_a_question_from_elsewhere_stands_at_the_side(tab) -> None:
    page = chat(tab)
    side = page.get_by_role("region", name="Waiting for your yes")
    side.get_by_text("about $0.12", exact=True).wait_for()
    side.get_by_role("button", name="Yes, about $0.12").click()
    assert tab.wait_told(1) == [{"kind": "answer", "approval": str(SPEND.id), "call": "", "yes": True}]


def test_takes_are_heard_one_at_a_time(tab) -> None:
    page = chat(tab)
    page.get_by_role("button", name="Play 03_hook · take 1").click()
    page.get_by_role("button", name="Pause 03_hook · take 1").wait_for()
    page.get_by_role("button", name="Play 03_hook · take 3").click()
    page.get_by_role("button", name="Pause 03_hook · take 3").wait_for()
    assert page.locator(".take .play.on").count() == 1
    page.get_by_role("button", name="Pause 03_hook · take 3").click()
    page.get_by_role("button", name="Play 03_hook · take 3").wait_for()


def test_a_line_opens_its_facts_and_its_beat(tab) -> None:
    page = chat(tab)
    line = page.get_by_role("button", name="Made 3 takes of 03_hook")
    line.press("Enter")
    assert '"takes_each": 3' in page.locator(".detail").inner_text()
    assert line.get_attribute("aria-expanded") == "true"
    page.get_by_role("button", name="Open beat").click()
    assert tab.wait_told(1) == [{"kind": "open", "place": "takes", "session": str(SESSION)}]
    page.wait_for_url(f"**/takes?session={SESSION}")
    page.locator(f'.beat.open[data-beat="{ident("03")}"]').wait_for()


def test_a_pasted_script_is_folded(tab) -> None:
    page = chat(tab, "pasted")
    assert "12_beat" not in page.get_by_role("article", name="You").inner_text()
    page.get_by_role("button", name="Show all 76 lines").click()
    assert "[BEAT: 12_beat]" in page.get_by_role("article", name="You").inner_text()
    page.get_by_role("button", name="Show less").click()


def test_without_a_model_the_way_to_one_is_shown(tab) -> None:
    page = chat(tab, "closed")
    page.get_by_text("http://127.0.0.1:11434/v1").wait_for()
    assert message(page).is_disabled()
    page.get_by_role("button", name="Set the model").click()
    assert tab.wait_told(1) == [{"kind": "model"}]


def test_light_markdown_is_drawn(tab) -> None:
    page = chat(tab)
    answer = page.get_by_role("article", name="Agent")
    assert answer.locator("b").inner_text() == "Take 2"
    assert answer.locator("li").all_inner_texts() == ["take 1 0:02.4", "take 2 0:02.6"]
    assert answer.locator("code").first.inner_text() == "0:02.4"


def test_hostile_words_stay_words(tab) -> None:
    page = chat(tab, "hostile")
    page.get_by_role("note").get_by_text(EVIL).wait_for()
    page.locator(".deed .plainly").click()
    for made in ("img", "script", "a[href^=javascript]"):
        assert page.locator(f".root {made}").count() == 0
    assert "broken" not in page.title()
    assert page.get_by_role("article", name="Agent").locator("b").first.inner_text() == EVIL
