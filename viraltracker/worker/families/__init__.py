"""The engines of a voice worker, one `Family` each. A library is imported when a pack of its is loaded."""

from viraltracker.worker.families.espeak import EspeakFamily
from viraltracker.worker.families.tone import ToneFamily

__all__ = ["EspeakFamily", "ToneFamily"]
