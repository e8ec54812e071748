"""How far something is: a bar for a person, a line now and then for a log."""

import contextlib
import io

from viraltracker.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_few_seconds_with_the_time_that_is_left() -> None:
    times_s = iter([0.0, 1.0, 4.0, 5.0, 10.0])
    said = io.StringIO()
    with contextlib.redirect_stderr(said), progress("Generating", lambda: next(times_s)) as show:
        for done in (0, 10, 20, 50):
            show(done, 100, f"{done} of 100 takes")
    assert said.getvalue().splitlines() == [
        "Generating: 10 of 100 takes, about 0:36 left",
        "Generating: 50 of 100 takes, about 0:10 left",
    ]


def test_a_person_gets_a_bar_that_goes_away() -> None:
    with contextlib.redirect_stderr(Terminal()) as said, progress("Generating") as show:
        show(3, 4, "3 of 4 [takes]")
    assert "3 of 4 [takes]" in said.getvalue()
    assert "Generating" in said.getvalue()
