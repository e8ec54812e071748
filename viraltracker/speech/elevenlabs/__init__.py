"""ElevenLabs, over the official SDK: paid speech, the account's voices, its credit and its history.

In: `SpeechRequest`s and a key. Out: `Speech` with what was charged; errors are `SpeechError`s, never the
vendor's. The SDK's client is imported at the first call (0.5 s): a studio without a key does not wait for it.
"""

from viraltracker.speech.elevenlabs.account import Usage
from viraltracker.speech.elevenlabs.engine import ElevenLabsEngine

__all__ = ["ElevenLabsEngine", "Usage"]
