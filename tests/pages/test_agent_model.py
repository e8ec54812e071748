from streamlit.testing.v1 import AppTest

from tests.pages.conftest import calm, press
from tests.pages.conversing import Conversing, view


def model_dialog_alone() -> None:
    """The dialog as a page of its own: AppTest runs whole scripts, and a dialog is open for one run."""
    from viraltracker.ui.model_dialog import model_dialog

    model_dialog()


def test_the_model_is_set_in_its_dialog(talk: Conversing) -> None:
    tab = AppTest.from_function(model_dialog_alone, default_timeout=60).run()
    tab.text_input(key="agent-model").set_value("stand-in")
    tab.text_input(key="agent-base-url").set_value("http://example.org/v1")
    tab.button(key="agent-save").click().run()
    assert "https" in calm(tab).error[0].value
    assert view(talk.open())["setup"]
    tab.text_input(key="agent-base-url").set_value(talk.model.base_url)
    tab.button(key="agent-save").click().run()
    assert not calm(tab).error
    opened = talk.open()
    assert "setup" not in view(opened)
    assert any("no session · stand-in" in node.proto.body for node in opened.get("html"))
    assert "VIRALTRACKER_AGENT_API_KEY" in tab.caption[0].value


def test_a_conversation_without_a_model_opens_the_dialog(talk: Conversing) -> None:
    tab = talk.open()
    press(tab, "chat", {"kind": "model"})
    assert tab.text_input(key="agent-model").value == ""
    tab.run()
    assert not [field for field in tab.text_input if field.key == "agent-model"], "it opens once"


def test_a_model_of_the_environment_is_only_shown(talk: Conversing) -> None:
    studio = talk.room.studio
    studio.settings = studio.settings.model_copy(update={"agent_model": "openai:gpt-5"})
    tab = AppTest.from_function(model_dialog_alone, default_timeout=60).run()
    assert calm(tab).text_input(key="agent-model").disabled
    assert tab.text_input(key="agent-model").value == "openai:gpt-5"
    assert "VIRALTRACKER_AGENT_MODEL" in tab.info[0].value
    assert not tab.button
