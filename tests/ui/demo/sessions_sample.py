"""The mock-up's sessions."""

from viraltracker.ui.views import Card, Cell, Column, Row, Sheet, Tone


def _session(title: str, project: str, tone: Tone, state: str, share: float, beats: str, length: str) -> Row:
    cells = (
        Cell(title, strong=True, sub=project),
        Cell(state, dot=tone),
        Cell(share=share, tone=tone),
        Cell(beats),
        Cell(length),
        Cell("today 09:14", faint=True),
    )
    return Row(title, cells, opens="Open this session")


SHEET = Sheet(
    (
        Card(
            "sessions",
            columns=(
                Column("Title", width="36%"),
                Column("State"),
                Column("Picked", width="190px"),
                Column("Beats", "number"),
                Column("Length", "number"),
                Column("Changed"),
            ),
            rows=(
                _session(
                    "Lighthouse Diaries, Ep 3",
                    "harbour-tales",
                    "review",
                    "5 to review, 1 failed",
                    0.74,
                    "31 / 42",
                    "12:40",
                ),
                _session(
                    "Why Eggs Cost More",
                    "backyard-economics",
                    "generating",
                    "generating, 0:48 left",
                    0.41,
                    "7 / 17",
                    "4:05",
                ),
                _session(
                    "Tax Day, Explained", "backyard-economics", "picked", "exported", 1.0, "28 / 28", "8:12"
                ),
                _session(
                    "Lighthouse Diaries, Ep 2",
                    "harbour-tales",
                    "stale",
                    "3 stale since the script changed",
                    0.92,
                    "36 / 39",
                    "11:02",
                ),
                _session("Untitled", "", "empty", "draft, not generated", 0.0, "0 / 12", "3:30"),
            ),
        ),
    )
)
