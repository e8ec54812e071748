"""The engines of a voice worker, one `Family` each. A library is imported when a pack of its is loaded."""

from collections.abc import Iterable

from viraltracker.worker.families.espeak import EspeakFamily
from viraltracker.worker.families.tone import ToneFamily
from viraltracker.worker.ports import Family

__all__ = ["EspeakFamily", "ToneFamily", "families_named"]


def families_named(names: Iterable[str]) -> tuple[Family, ...]:
    """The families of a configuration's `engines`."""
    makers = {"espeak": EspeakFamily, "tone": ToneFamily}
    return tuple(makers[name]() for name in dict.fromkeys(names) if name in makers)
