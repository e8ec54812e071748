"""eSpeak NG: the engine that is always there. Free, local, no key; the embedded default.

In: `SpeechRequest`s. Out: `Speech`, bit-identical for equal requests. The library (GPL) lives in a process of
its own, see `child`. May import audio, units, errors and the port.
"""

from viraltracker.speech.espeak.catalogue import Catalogue
from viraltracker.speech.espeak.engine import EspeakEngine

__all__ = ["Catalogue", "EspeakEngine"]
