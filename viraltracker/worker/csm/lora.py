"""LoRA voices: low-rank changes of the projections, gathered by row or merged in place.

Stacked: every adapter has a place in the stack, and each row of a batch takes its own; mixed batches, some
percent slower. Merged: one adapter's product is added to the weights where they lie, for batches of one voice
at no cost. Always from a pristine copy: adding and taking away drifts in bfloat16.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from viraltracker.errors import SettingsRefused
from viraltracker.worker.csm.stack import Linear
from viraltracker.worker.csm.weights import Weights

__all__ = ["Adapter", "Adapters", "read_adapter"]

_PREFIX: Final = "base_model.model."
_PLAIN: Final[Mapping[str, object]] = {
    "use_dora": False,
    "bias": "none",
    "fan_in_fan_out": False,
    "modules_to_save": None,
    "lora_bias": False,
    "peft_type": "LORA",
    "alpha_pattern": {},
}
"""What the engine's arithmetic takes for granted of a peft configuration."""


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """Projection's name -> (`down` `[rank, in]`, `up` `[out, rank]` with the scale in it), in float32."""

    parts: Mapping[str, tuple[Tensor, Tensor]]
    rank: int


def read_adapter(folder: Path) -> Adapter:
    """An adapter as peft saves it. Raises `SettingsRefused`, with what is wrong with it."""
    try:
        said = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "adapter_model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise SettingsRefused(
            f"The adapter in {folder.name} can't be read ({type(error).__name__}). Copy it there again."
        ) from error
    for name, plain in _PLAIN.items():
        if said.get(name, plain) != plain:
            raise SettingsRefused(
                f"The adapter in {folder.name} uses {name}, which isn't supported. Train one without."
            )
    parts: dict[str, tuple[Tensor, Tensor]] = {}
    for key in sorted(tensors):
        name, kind, _ = key.removeprefix(_PREFIX).rpartition(".lora_A.weight")
        if not kind:
            continue
        up = tensors.pop(f"{_PREFIX}{name}.lora_B.weight", None)
        down = tensors[key].float()
        if up is None or up.shape[1] != down.shape[0]:
            raise SettingsRefused(
                f"The adapter in {folder.name} is incomplete at {name}. Copy it there again."
            )
        parts[name] = (down, up.float() * _scale(said, down.shape[0]))
    strange = [key for key in tensors if not key.endswith(("lora_A.weight", "lora_B.weight"))]
    if strange or not parts:
        what = strange[0] if strange else "nothing"
        raise SettingsRefused(f"The adapter in {folder.name} changes {what}, which isn't supported.")
    return Adapter(parts, max(down.shape[0] for down, _ in parts.values()))


def _scale(said: Mapping[str, Any], rank: int) -> float:
    """What peft multiplies the product by: alpha over the rank, or over its root ("rslora")."""
    alpha = float(said["lora_alpha"])
    return alpha / rank**0.5 if said.get("use_rslora") else alpha / rank


class Adapters:
    """The adapters that a model's weights have at the moment."""

    def __init__(self, weights: Weights) -> None:
        self._linears = weights.linears
        self._by_name = {name: linear for linear in self._linears for name in linear.names}
        self._pristine: tuple[Tensor, ...] | None = None
        self._held: dict[int, Adapter] = {}
        self.merged = 0
        """The adapter that is in the weights themselves; 0: none."""

    @property
    def places(self) -> int:
        """How many adapters there is room for."""
        down = self._linears[0].down
        return 0 if down is None else down.shape[0] - 1

    def put(self, place: int, adapter: Adapter | None) -> None:
        """Keep an adapter at `place`, 1 or more; None empties it. Lines that use the place must have ended.

        Copies into the stack: nothing is recorded or compiled anew. Raises `SettingsRefused` for one that
        doesn't fit the model.
        """
        if adapter is not None:
            self._refuse_misfit(adapter)
        if self.merged == place:
            self.merge(0)
        self._held.pop(place, None)
        for linear in self._linears:
            _fill(linear, place, adapter)
        if adapter is not None:
            self._held[place] = adapter

    def merge(self, place: int) -> None:
        """Put that adapter into the weights themselves, 0: none, so that its batches need no stack."""
        if place == self.merged:
            return
        if self._pristine is None:
            self._pristine = tuple(linear.weight.clone() for linear in self._linears)
        for linear, pristine in zip(self._linears, self._pristine, strict=True):
            if place == 0 or linear.down is None or linear.up is None:
                linear.weight.copy_(pristine)
                continue
            change = linear.up[place].float() @ linear.down[place].float()
            linear.weight.copy_(pristine.float() + change)
        self.merged = place

    def _refuse_misfit(self, adapter: Adapter) -> None:
        for name, (down, up) in adapter.parts.items():
            linear = self._by_name.get(name)
            if linear is None or linear.down is None:
                raise SettingsRefused(
                    f"The adapter changes {name[:80]}, which this engine leaves alone. Train one for the "
                    "attention and the feed-forward projections."
                )
            room = linear.down.shape[1] // len(linear.names)
            rows = linear.rows[linear.names.index(name)]
            if (down.shape[1], up.shape[0]) != (linear.weight.shape[1], rows):
                raise SettingsRefused(f"The adapter was made for another model: {name[:80]} has other sizes.")
            if down.shape[0] > room:
                raise SettingsRefused(
                    f"The adapter has rank {down.shape[0]}, and the worker has room for {room}. Raise "
                    "`csm.rank` in the worker's configuration."
                )


def _fill(linear: Linear, place: int, adapter: Adapter | None) -> None:
    """One projection's place in the stack: its parts side by side in rank, each on its own rows."""
    if linear.down is None or linear.up is None:
        return
    linear.down[place].zero_()
    linear.up[place].zero_()
    if adapter is None:
        return
    room, row = linear.down.shape[1] // len(linear.names), 0
    for at, (name, rows) in enumerate(zip(linear.names, linear.rows, strict=True)):
        if name in adapter.parts:
            down, up = adapter.parts[name]
            ranks = slice(at * room, at * room + down.shape[0])
            linear.down[place, ranks].copy_(down)
            linear.up[place, row : row + rows, ranks].copy_(up)
        row += rows
