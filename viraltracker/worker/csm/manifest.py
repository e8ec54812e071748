"""What a folder must hold to be a checkpoint or a voice, told without loading either.

Reads names, sizes and the headers of safetensors files (8 bytes of length, then JSON), never the weights, so
a command can check a folder of gigabytes in milliseconds and without torch.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

__all__ = ["header_of", "missing_from_adapter", "missing_from_checkpoint"]

WEIGHTS: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
_LONGEST_HEADER: Final = 100_000_000
_KIND: Final = "csm"


def missing_from_checkpoint(folder: Path) -> tuple[str, ...]:
    """What a folder lacks to be a CSM checkpoint, in words; nothing: it is whole."""
    return tuple(_missing_from_checkpoint(folder))


def missing_from_adapter(folder: Path) -> tuple[str, ...]:
    """What a folder lacks to be a peft adapter, in words."""
    config, weights = folder / "adapter_config.json", folder / "adapter_model.safetensors"
    lacking = [f"{path.name} is missing" for path in (config, weights) if not path.is_file()]
    if lacking:
        return tuple(lacking)
    try:
        kind = _json(config).get("peft_type")
        names = header_of(weights)
    except ValueError as error:
        return (str(error),)
    if kind != "LORA":
        return (f"adapter_config.json describes no LoRA ({str(kind)[:40]})",)
    if not any(name.endswith("lora_A.weight") for name in names):
        return ("adapter_model.safetensors holds no LoRA weights",)
    return ()


def header_of(path: Path) -> dict[str, Any]:
    """Tensor's name -> its type, shape and place in a safetensors file. Raises `ValueError`, with words."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST_HEADER:
                raise ValueError(f"{path.name} is no safetensors file")
            header = json.loads(file.read(length))
            ends = [each["data_offsets"][1] for name, each in header.items() if name != "__metadata__"]
            size = path.stat().st_size
    except (OSError, struct.error, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} can't be read") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is no safetensors file") from error
    if 8 + length + max(ends, default=0) != size:
        raise ValueError(f"{path.name} is cut short")
    header.pop("__metadata__", None)
    return dict(header)


def _missing_from_checkpoint(folder: Path) -> Iterator[str]:
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            yield f"{name} is missing"
    try:
        kind = (
            _json(folder / "config.json").get("model_type") if (folder / "config.json").is_file() else _KIND
        )
        if kind != _KIND:
            yield f"config.json describes another model ({str(kind)[:40]})"
        for name in _weight_files(folder):
            if not (folder / name).is_file():
                yield f"{name} is missing"
            else:
                header_of(folder / name)
    except ValueError as error:
        yield str(error)


def _weight_files(folder: Path) -> tuple[str, ...]:
    """The files with the weights: one, or those that an index names."""
    if (folder / WEIGHTS).is_file() or not (folder / INDEX).is_file():
        return (WEIGHTS,)
    named = _json(folder / INDEX).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise ValueError(f"{INDEX} names no files")
    names = sorted({str(name) for name in named.values()})
    if any(Path(name).name != name for name in names):
        raise ValueError(f"{INDEX} names files outside the folder")
    return tuple(names)


def _json(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name} can't be read") from error
    if isinstance(said, dict):
        return said
    raise ValueError(f"{path.name} can't be read")
