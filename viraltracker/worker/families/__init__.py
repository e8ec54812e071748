"""The engines of a voice worker, one `Family` each. A library is imported when a pack of its is loaded."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from viraltracker.worker.config import Csm
from viraltracker.worker.families.csm import CsmFamily
from viraltracker.worker.families.espeak import EspeakFamily
from viraltracker.worker.families.openai import OpenAiFamily
from viraltracker.worker.families.piper import PiperFamily
from viraltracker.worker.families.tone import ToneFamily
from viraltracker.worker.ports import Family

__all__ = ["CsmFamily", "EspeakFamily", "OpenAiFamily", "PiperFamily", "ToneFamily", "families_named"]


def families_named(
    names: Iterable[str], environ: Mapping[str, str], csm: Csm, broken: Callable[[str], None]
) -> tuple[Family, ...]:
    """The families of a configuration's `engines`. `environ`: where the keys are that packs name.

    `broken` is told, in words, when a device no longer works and only a new process will cure it.
    """
    makers: dict[str, Callable[[], Family]] = {
        "csm": partial(CsmFamily, csm, broken),
        "espeak": EspeakFamily,
        "openai": partial(OpenAiFamily, environ),
        "piper": PiperFamily,
        "tone": ToneFamily,
    }
    return tuple(makers[name]() for name in dict.fromkeys(names))
