"""Text as CSM is asked to speak it: `[0]` for the speaker, the text, and marks around both."""

from typing import Any, Final

from tokenizers import Tokenizer

from viraltracker.errors import SettingsRefused

__all__ = ["Prompter"]

_BEGIN: Final = "<|begin_of_text|>"
_END: Final = "<|end_of_text|>"
_SPEAKER: Final = "[0]"


class Prompter:
    """Makes ids. Raises `SettingsRefused` for a tokeniser without the model's marks."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer: Any = tokenizer
        # Whatever the text looks like, no mark is made of it.
        self._tokenizer.encode_special_tokens = True
        marks = [self._tokenizer.token_to_id(mark) for mark in (_BEGIN, _END)]
        if None in marks:
            raise SettingsRefused("The checkpoint's tokenizer.json lacks the model's marks. Copy it again.")
        self._begin, self._end = marks

    def ids(self, text: str) -> tuple[int, ...]:
        """The ids of a turn up to where its audio begins. `text` should be `plain`."""
        encoded = self._tokenizer.encode(f"{_SPEAKER}{text}", add_special_tokens=False)
        return (self._begin, *encoded.ids, self._end)
