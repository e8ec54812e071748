"""The studio's facts as view models: pure functions from desks to what a page shows, in words and figures.

In: desks, sessions, exports. Out: `ui.views`. Decides nothing; knows neither Streamlit nor the database.
"""

from viraltracker.ui.show.board import board_view
from viraltracker.ui.show.words import STATE_WORDS, ago, dollars, plural, state_word

__all__ = ["STATE_WORDS", "ago", "board_view", "dollars", "plural", "state_word"]
