"""A CSM checkpoint in a local folder, as `transformers` saves it: what is missing, and the model in memory.

Nothing is ever fetched: a folder that lacks something is refused, with the names of what it lacks.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import transformers
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers.utils import logging as noise

from viraltracker.errors import SettingsRefused
from viraltracker.worker.csm.manifest import missing_from_checkpoint
from viraltracker.worker.csm.prompt import Prompter
from viraltracker.worker.csm.shape import Shape

__all__ = ["Checkpoint", "read_checkpoint", "shape_of"]

_OLDEST: Final = (5, 23)
_FRAME_SAMPLES_AT_HZ: Final = (1_920, 24_000)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """`model`: a `CsmForConditionalGeneration` without its codec. `codec`: the Mimi model, in float32."""

    model: Any
    codec: Any
    prompter: Prompter
    shape: Shape


def read_checkpoint(folder: Path, device: torch.device, dtype: torch.dtype) -> Checkpoint:
    """Bring the checkpoint into memory, ready to speak. Raises `SettingsRefused`."""
    missing = missing_from_checkpoint(folder)
    if missing:
        raise SettingsRefused(
            f"The checkpoint in {folder.name} is not whole: {', '.join(missing)}. Copy it there again."
        )
    _refuse_old_library(transformers.__version__)
    noise.set_verbosity_error()  # type: ignore[no-untyped-call]
    noise.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        # All of it in float32 first: the codec stays so, and rounding it to bfloat16 could not be undone.
        model: Any = transformers.CsmForConditionalGeneration.from_pretrained(  # type: ignore[no-untyped-call]
            folder, local_files_only=True, dtype=torch.float32
        )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise SettingsRefused(
            f"The checkpoint in {folder.name} can't be read ({type(error).__name__}). Copy it there again."
        ) from error
    _refuse_untied(model)
    codec = model.codec_model.requires_grad_(False).eval().to(device)
    model.codec_model = torch.nn.Identity()
    model.requires_grad_(False).eval().to(device=device, dtype=dtype)
    return Checkpoint(model, codec, Prompter(tokenizer), shape_of(model.config))


def shape_of(config: Any) -> Shape:
    """The sizes that a `CsmConfig` gives. Raises `SettingsRefused` for a codec with another frame."""
    codec = config.codec_config
    frame_samples, rate_hz = round(codec.sampling_rate / codec.frame_rate), codec.sampling_rate
    if (frame_samples, rate_hz) != _FRAME_SAMPLES_AT_HZ:
        raise SettingsRefused(f"The checkpoint's codec has frames of {frame_samples} samples, not of 1920.")
    return Shape(
        codebooks=config.num_codebooks,
        vocabulary=config.vocab_size,
        codec_ids=codec.codebook_size,
        eos_id=config.codebook_eos_token_id,
        positions=config.max_position_embeddings,
        rate_hz=rate_hz,
        frame_samples=frame_samples,
    )


def _refuse_old_library(version: str) -> None:
    """Older ones leave the backbone's audio embeddings as chance made them, and the voice babbles."""
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise SettingsRefused(
            f"transformers {version} can't load this model rightly. Install 5.23 or newer: "
            "pip install 'viraltracker[csm]'"
        )


def _refuse_untied(model: Any) -> None:
    heard = model.backbone_model.embed_tokens.embed_audio_tokens.weight
    tied = heard.data_ptr() == model.depth_decoder.model.embed_tokens.weight.data_ptr()
    drawn = model.config.initializer_range
    if not tied or abs(float(heard.detach().std()) - drawn) < drawn / 50:
        raise SettingsRefused(
            "The checkpoint's audio embeddings were not loaded: they are as chance made them. "
            "Save it again with a newer transformers."
        )
