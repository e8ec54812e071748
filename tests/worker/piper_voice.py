"""A Piper voice of a few kilobytes: the format of a published one, a graph that hums instead of speaking.

    folder = make_voice(tmp_path / "piper" / "hum", speakers={"low": 0, "high": 1})

Every phoneme sounds `HOP` samples times the length scale, at a pitch that its id and the speaker's choose, so
that audio tells exactly which phonemes went in. Noise is added by `noise_scale`; `noise_w_scale` lengthens
the whole by chance, as a real voice's duration predictor does. With both at 0 it is the same every time.
"""

import json
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from viraltracker.worker import Pack

__all__ = ["HOP", "RATE_HZ", "make_voice", "pack_of", "voice_config", "voice_graph"]

RATE_HZ = 22_050
HOP = 256
_LOWEST_HZ, _HZ_A_PHONEME, _HZ_A_SPEAKER = 120.0, 4.0, 300.0

# IR 10 and opset 17 are read by every ONNX Runtime that Piper 1.8 allows.
_IR, _OPSET = 10, 17


def make_voice(
    folder: Path,
    *,
    language: str = "en-us",
    speakers: Mapping[str, int] | None = None,
    toil: int = 0,
    **config: Any,
) -> Path:
    """Write `<name>.onnx` and `<name>.onnx.json` into `folder`, whose name is the voice's; the folder.

    `toil`: rounds of useless work before every sentence. `config`: entries of the description instead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named = dict(speakers or {})
    (folder / f"{folder.name}.onnx").write_bytes(voice_graph(len(named), toil))
    described = {**voice_config(language, named), **config}
    (folder / f"{folder.name}.onnx.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def pack_of(folder: Path, **settings: object) -> Pack:
    """The pack that lies in `folder`."""
    return Pack(
        id=f"piper/{folder.name}",
        family="piper",
        title=folder.name,
        version="1",
        languages=("en-US",),
        capabilities=frozenset({"streaming", "speed"}),
        rate_hz=RATE_HZ,
        licence="MIT",
        consent="synthetic",
        folder=folder,
        settings=settings,
    )


def voice_config(language: str, speakers: Mapping[str, int]) -> dict[str, Any]:
    """The description beside a published voice, entry by entry."""
    single = {symbol: ids for symbol, ids in DEFAULT_PHONEME_ID_MAP.items() if len(symbol) == 1}
    return {
        "dataset": "hum",
        "audio": {"sample_rate": RATE_HZ, "quality": "x_low"},
        "espeak": {"voice": language},
        "language": {"code": "en_US", "family": "en", "region": "US"},
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": {unicodedata.normalize("NFD", symbol): ids for symbol, ids in single.items()},
        "num_symbols": 256,
        "num_speakers": max(1, len(speakers)),
        "speaker_id_map": dict(speakers),
        "piper_version": "1.0.0",
    }


def voice_graph(speakers: int, toil: int = 0) -> bytes:
    """The ONNX file: input [1, phonemes], input_lengths [1], scales [3], perhaps sid [1] -> [1, 1, 1, N]."""
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, ["batch"]))
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", "one", "channel", "time"])
    nodes = [*_toil(), *_length(), *_pitch(speakers > 1), *_sound()]
    constants = [*_constants(), numpy_helper.from_array(np.asarray(np.int64(toil)), "rounds")]
    graph = helper.make_graph(nodes, "hum", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def _constants() -> list[onnx.TensorProto]:
    values: dict[str, Any] = {
        "zero_f": np.float32(0),
        "one_f": np.float32(1),
        "hop": np.float32(HOP),
        "lowest_hz": np.float32(_LOWEST_HZ),
        "hz_a_phoneme": np.float32(_HZ_A_PHONEME),
        "hz_a_speaker": np.float32(_HZ_A_SPEAKER),
        "radians": np.float32(2 * np.pi / RATE_HZ),
        "level": np.float32(0.5),
        "hiss": np.float32(0.2),
        "first": np.int64(0),
        "second": np.int64(1),
        "third": np.int64(2),
        "flat": np.array([-1], dtype=np.int64),
        "shape": np.array([1, 1, 1, -1], dtype=np.int64),
    }
    return [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]


def _toil() -> list[onnx.NodeProto]:
    """`toiled`: 0, after as many rounds of a loop as were asked for."""
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Mul", ["before", "before"], ["after"]),
        ],
        "round",
        [
            value("round", TensorProto.INT64, []),
            value("go", TensorProto.BOOL, []),
            value("before", TensorProto.FLOAT, []),
        ],
        [value("go_on", TensorProto.BOOL, []), value("after", TensorProto.FLOAT, [])],
    )
    return [helper.make_node("Loop", ["rounds", "", "zero_f"], ["toiled"], body=body)]


def _length() -> list[onnx.NodeProto]:
    """`samples`: how many; `each`: how many for a phoneme."""
    return [
        helper.make_node("Gather", ["scales", "first"], ["noise_scale"]),
        helper.make_node("Gather", ["scales", "second"], ["length_scale"]),
        helper.make_node("Gather", ["scales", "third"], ["noise_w"]),
        helper.make_node("RandomUniformLike", ["noise_w"], ["chance"], low=0.0, high=0.5),
        helper.make_node("Mul", ["noise_w", "chance"], ["longer"]),
        helper.make_node("Add", ["length_scale", "longer"], ["stretch"]),
        helper.make_node("Mul", ["hop", "stretch"], ["each"]),
        helper.make_node("Gather", ["input_lengths", "first"], ["count"]),
        helper.make_node("Cast", ["count"], ["count_f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["count_f", "each"], ["samples"]),
        helper.make_node("Range", ["toiled", "samples", "one_f"], ["time"]),
    ]


def _pitch(many: bool) -> list[onnx.NodeProto]:
    """`pitch`: radians a sample, for each sample, by the phoneme that sounds then."""
    base = "lowest_hz"
    nodes = [
        helper.make_node("Div", ["time", "each"], ["at"]),
        helper.make_node("Sub", ["count_f", "one_f"], ["last"]),
        helper.make_node("Min", ["at", "last"], ["at_most"]),
        helper.make_node("Cast", ["at_most"], ["index"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["input", "flat"], ["ids"]),
        helper.make_node("Gather", ["ids", "index"], ["sounding"]),
        helper.make_node("Cast", ["sounding"], ["sounding_f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["sounding_f", "hz_a_phoneme"], ["above"]),
    ]
    if many:
        base = "speaker_hz"
        nodes += [
            helper.make_node("Cast", ["sid"], ["sid_f"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["sid_f", "hz_a_speaker"], ["higher"]),
            helper.make_node("Add", ["higher", "lowest_hz"], [base]),
        ]
    return [
        *nodes,
        helper.make_node("Add", ["above", base], ["hz"]),
        helper.make_node("Mul", ["hz", "radians"], ["pitch"]),
    ]


def _sound() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Mul", ["time", "pitch"], ["phase"]),
        helper.make_node("Sin", ["phase"], ["sine"]),
        helper.make_node("Mul", ["sine", "level"], ["tone"]),
        helper.make_node("RandomNormalLike", ["tone"], ["random"]),
        helper.make_node("Mul", ["noise_scale", "hiss"], ["noise_level"]),
        helper.make_node("Mul", ["random", "noise_level"], ["noise"]),
        helper.make_node("Add", ["tone", "noise"], ["mixed"]),
        helper.make_node("Reshape", ["mixed", "shape"], ["output"]),
    ]
