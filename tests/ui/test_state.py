"""What a tab's state promises: an event once, no deed without its note, though the next click comes."""

from streamlit.testing.v1 import AppTest


def test_an_event_is_acted_on_though_another_run_is_wanted_meanwhile() -> None:
    def page() -> None:
        import streamlit as st

        from tests.ui.wanting import want_another_run
        from viraltracker.ui import state

        for letter in state.inbox("probe"):
            want_another_run()
            state.remember("done", [*state.recall("done", []), letter["n"]])
        st.text("drawn")
        state.remember("ends", state.recall("ends", 0) + 1)

    tab = AppTest.from_function(page)
    tab.session_state["probe"] = {"letter": {"sender": "a", "events": [{"n": 1}, {"n": 2}, {"n": 3}]}}
    tab.run()
    assert not tab.exception
    assert tab.session_state["studio:done"] == [1, 2, 3]
    assert tab.session_state["studio:ends"] == 1, "the first run ended where it drew"


def test_no_run_ends_between_a_deed_and_the_note_of_it() -> None:
    def page() -> None:
        import streamlit as st

        from tests.ui.wanting import want_another_run
        from viraltracker.ui import state

        if state.recall("deed") is None:
            want_another_run()
            state.remember("deed", "done")
            state.remember("told", state.recall("told", 0) + 1)
            state.forget("nothing")
        st.text("drawn")
        state.remember("ends", state.recall("ends", 0) + 1)

    tab = AppTest.from_function(page).run()
    assert not tab.exception
    assert tab.session_state["studio:told"] == 1
    assert tab.session_state["studio:ends"] == 1, "the first run ended where it drew"
