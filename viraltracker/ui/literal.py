"""Words as they are, in those widgets of Streamlit that read Markdown. Pure.

Messages quote scripts, names and providers: what looks like an image would be fetched, a link drawn, words
set in colours or formulas.
"""

import re

__all__ = ["literal"]

# What begins a construct of Markdown, or one of Streamlit's own: `:red[...]`, `:material/...:`, `$...$`.
_BEGINS = re.compile(r"([\\`*_\[\]<$~]|:(?=[a-z]))")


def literal(text: str) -> str:
    """The text so that it is shown to the letter."""
    return _BEGINS.sub(r"\\\1", text)
