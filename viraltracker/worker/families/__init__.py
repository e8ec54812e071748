"""The engines of a voice worker, one `Family` each. A library is imported when a pack of its is loaded."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from viraltracker.worker.families.espeak import EspeakFamily
from viraltracker.worker.families.openai import OpenAiFamily
from viraltracker.worker.families.piper import PiperFamily
from viraltracker.worker.families.tone import ToneFamily
from viraltracker.worker.ports import Family

__all__ = ["EspeakFamily", "OpenAiFamily", "PiperFamily", "ToneFamily", "families_named"]


def families_named(names: Iterable[str], environ: Mapping[str, str]) -> tuple[Family, ...]:
    """The families of a configuration's `engines`. `environ`: where the keys are that packs name."""
    makers: dict[str, Callable[[], Family]] = {
        "espeak": EspeakFamily,
        "openai": partial(OpenAiFamily, environ),
        "piper": PiperFamily,
        "tone": ToneFamily,
    }
    return tuple(makers[name]() for name in dict.fromkeys(names))
