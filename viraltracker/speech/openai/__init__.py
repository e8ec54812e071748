"""Any OpenAI-compatible speech server, over httpx: Kokoro-FastAPI, speaches, vLLM, LocalAI, OpenAI itself.

In: `SpeechRequest`s, a server's address and perhaps a key. Out: `Speech`, or pieces of it as they are made;
errors are `SpeechError`s. What is sent is what OpenAI documents for `POST /v1/audio/speech`, and no more: a
field of one server means something else on the next (`stream` does), or is refused there.
"""

from viraltracker.speech.openai.engine import OpenAiEngine
from viraltracker.speech.openai.problems import SettingNames

__all__ = ["OpenAiEngine", "SettingNames"]
