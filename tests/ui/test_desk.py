"""What went wrong is said, whatever comes between it and its being drawn."""

from streamlit.testing.v1 import AppTest


def test_an_error_whose_drawing_is_cut_off_by_the_next_click_is_told_afterwards() -> None:
    def page() -> None:
        from tests.ui.wanting import want_another_run
        from viraltracker.errors import BadInput
        from viraltracker.ui import state
        from viraltracker.ui.desk import mended, say_told

        say_told()
        if state.recall("deed") is None:
            state.remember("deed", "done")
            with mended():
                want_another_run()
                raise BadInput("Nothing was saved. Free some space.")

    tab = AppTest.from_function(page).run()
    assert not tab.exception
    assert not tab.error, "it belonged to the run that was cut off"
    assert [toast.value for toast in tab.toast] == ["Nothing was saved. Free some space."]


def test_an_error_that_is_drawn_is_said_once() -> None:
    def page() -> None:
        from viraltracker.errors import BadInput
        from viraltracker.ui.desk import mended, say_told

        say_told()
        with mended():
            raise BadInput("Nothing was saved.")

    tab = AppTest.from_function(page).run()
    assert len(tab.error) == 1
    assert not tab.toast
