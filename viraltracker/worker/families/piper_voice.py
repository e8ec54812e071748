"""Piper's own code around a voice in memory. Importing this imports `piper`, which is GPL-3.0-or-later.

So it is imported by the family's `load` alone, and that runs in a voice worker's process: never in the
studio's. Knows no pack and no event loop; the caller steps `LoadedVoice.spoken` in a thread.

Piper turns text into phonemes with one eSpeak NG for the whole process. Its language is a global of that
library, so the package holds a lock from choosing it until the phonemes are there.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures
from piper import PiperVoice, SynthesisConfig
from piper.config import PiperConfig
from piper.tashkeel import TashkeelDiacritizer

from viraltracker.audio import Floats
from viraltracker.errors import NonsenseAnswer, ProviderDown, Refused, SettingsRefused
from viraltracker.worker.families.piper_file import VoiceFile

__all__ = ["FAILURES", "LineVoice", "LoadedVoice", "Stop", "open_voice"]

FAILURES: Final[tuple[type[Exception], ...]] = (
    failures.DeviceReset,
    failures.EPFail,
    failures.EngineError,
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.ModelLoadCanceled,
    failures.ModelLoaded,
    failures.ModelRequiresCompilation,
    failures.NoModel,
    failures.NoSuchFile,
    failures.NotFound,
    failures.NotImplemented,
    failures.RuntimeException,
)
"""All that ONNX Runtime raises; its classes have no parent of their own."""

_FATAL: Final = 4
"""Its severity of messages: below that it writes to stderr what it raises as well."""

_LONGEST: Final = 600
"""Phonemes of one sentence, about 50 s of speech. A second of it takes some 3 MB in each of the decoder's
last layers (32 channels at the full rate), and text without a full stop would be made in one go."""

_PORTION: Final = 1_000
"""Characters that are made into phonemes at once. eSpeak NG keeps the whole process waiting meanwhile, about
5 ms for a thousand (measured), and live lines of others have 60 ms in hand."""

_END: Final = re.compile(r"(?<=[.!?…。！？])\s+|\n+")

_INPUTS: Final = frozenset({"input", "input_lengths", "scales"})


class Stop:
    """One line's way to be ended in the middle of a sentence."""

    def __init__(self) -> None:
        self.options = onnxruntime.RunOptions()
        self.options.log_severity_level = _FATAL

    def __call__(self) -> None:
        """End the run under way, between two nodes of its graph, and any that would follow."""
        self.options.terminate = True


class _StoppableSession:
    """The shared session as one line runs it."""

    def __init__(self, session: Any, stop: Stop) -> None:
        self._session, self._stop = session, stop

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any]) -> Any:
        """As `InferenceSession.run`, under this line's options."""
        return self._session.run(outputs, inputs, self._stop.options)


class LineVoice(PiperVoice):
    """Piper's voice; sentences too long to be made in one go are cut at a blank."""

    def phonemize(self, text: str) -> list[list[str]]:
        """See `PiperVoice`."""
        return [part for sentence in super().phonemize(text) for part in _cut(sentence)]


@dataclass(frozen=True, slots=True)
class LoadedVoice:
    """A voice in memory, shared by all lines."""

    voice: LineVoice

    def spoken(self, text: str, settings: Mapping[str, Any], stop: Stop) -> Iterator[Floats]:
        """The audio of each sentence, mono, made when it is asked for. Blocks.

        `settings`: fields of Piper's `SynthesisConfig`. Raises `Refused` when nothing of the text can be
        said, `NonsenseAnswer` for what is no audio, `ProviderDown` when the runtime fails.
        """
        voice = replace(self.voice, session=_StoppableSession(self.voice.session, stop))
        said = False
        try:
            wishes = SynthesisConfig(**settings)
            for chunk in chain.from_iterable(voice.synthesize(part, wishes) for part in _portions(text)):
                samples = np.atleast_1d(chunk.audio_float_array).astype(np.float32, copy=False)
                if not np.isfinite(samples).all():
                    raise NonsenseAnswer("The voice made numbers that are no audio. Install it again.")
                said = True
                yield samples
        except FAILURES as failed:
            # Its words quote the graph and paths of this machine.
            raise ProviderDown(
                f"Piper broke off ({type(failed).__name__}). Try again; if it stays, install the voice again."
            ) from None
        except ValueError:
            raise NonsenseAnswer("The voice made no audio for a sentence. Install it again.") from None
        if not said:
            raise Refused(
                "There is nothing in this line that Piper could say. Write words, or remove it.", field="text"
            )


def open_voice(model: Path, description: VoiceFile, threads: int) -> LoadedVoice:
    """Bring the model into memory and try its language. Raises `SettingsRefused` with what is wrong."""
    # Piper says at "debug" what it speaks, and warns of every letter that a voice has no sound for.
    logging.getLogger("piper").setLevel(logging.ERROR)
    try:
        session = onnxruntime.InferenceSession(str(model), _options(threads), ["CPUExecutionProvider"])
    except FAILURES as failed:
        raise SettingsRefused(
            f"{model.name} is no model that ONNX Runtime can read ({type(failed).__name__}). "
            "Install the voice again."
        ) from None
    speakers = max(1, description.num_speakers)
    wanted = _INPUTS | ({"sid"} if speakers > 1 else set())
    found = {each.name for each in session.get_inputs()}
    if found != wanted:
        raise SettingsRefused(
            f"{model.name} is no Piper model for {speakers} speakers: its inputs aren't "
            f"{', '.join(sorted(wanted))}. Install the voice again."
        )
    voice = LineVoice(session=session, config=PiperConfig.from_dict(description.model_dump()))
    if voice.config.espeak_voice == "ar":
        voice.tashkeel_diacritizier = TashkeelDiacritizer()  # here, or every line would load its own
    try:
        voice.phonemize("a")
    except RuntimeError:
        raise SettingsRefused(
            f"The voice wants the language {voice.config.espeak_voice!r}, which Piper's eSpeak NG "
            "doesn't have. Install another version of the voice."
        ) from None
    return LoadedVoice(voice)


def _options(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    # Idle threads that spin would take the cores from the lines of other models.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _portions(text: str) -> Iterator[str]:
    """The text in parts that are short enough, each the end of a sentence where one is near."""
    while len(text) > _PORTION and "[[" not in text:  # phonemes written out are not to be torn apart
        ends = [end.end() for end in _END.finditer(text, 0, _PORTION)]
        cut = ends[-1] if ends else text.rfind(" ", 1, _PORTION)
        cut = cut if cut > 0 else _PORTION
        yield text[:cut]
        text = text[cut:]
    yield text


def _cut(phonemes: list[str]) -> Iterator[list[str]]:
    while len(phonemes) > _LONGEST:
        end = next((at for at in range(_LONGEST, _LONGEST // 2, -1) if phonemes[at] == " "), _LONGEST)
        yield phonemes[:end]
        phonemes = phonemes[end:]
    if phonemes:
        yield phonemes
