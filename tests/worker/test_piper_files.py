"""What lies in a Piper pack and can't be used: each file, entry and library by name."""

import hashlib
import json
import sys
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from tests.worker.piper_voice import HOP, make_voice, pack_of
from viraltracker.errors import NonsenseAnswer, SettingsRefused
from viraltracker.worker import Line
from viraltracker.worker.families import PiperFamily
from viraltracker.worker.families.piper import PiperModel
from viraltracker.worker.families.piper_voice import FAILURES


async def load(folder: Path) -> PiperModel:
    return await PiperFamily().load(pack_of(folder))


@pytest.fixture
def hum(tmp_path: Path) -> Path:
    """A voice of one speaker."""
    return make_voice(tmp_path / "piper" / "en_US-hum-low")


@pytest.mark.parametrize(
    ("constant", "instead", "words"),
    [(0.2, float("nan"), "numbers that are no audio"), (HOP, 0.0, "no audio for")],
)
async def test_a_voice_that_makes_no_audio_is_found_out(
    hum: Path, constant: float, instead: float, words: str
) -> None:
    path = hum / f"{hum.name}.onnx"
    path.write_bytes(path.read_bytes().replace(np.float32(constant).tobytes(), np.float32(instead).tobytes()))
    model = await load(hum)
    with pytest.raises(NonsenseAnswer, match=words):
        async with aclosing(model.speak(Line("Closed."))) as spoken:
            await anext(spoken)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (".onnx", None, "onnx can't be read: no such file"),
        (".onnx", b"no model", r"ONNX Runtime can read \(InvalidProtobuf\)"),
        (".onnx.json", None, "json can't be read: no such file"),
        (".onnx.json", b"{", "no description of a Piper voice: Invalid JSON"),
        (".onnx.json", b"[]", "no description of a Piper voice"),
        (".onnx.json", b" " * (5 << 20), "over 4 MB"),
    ],
)
async def test_missing_and_broken_files_are_named(
    hum: Path, name: str, content: bytes | None, words: str
) -> None:
    path = hum / f"{hum.name}{name}"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsRefused, match=words) as refused:
        await load(hum)
    assert str(hum.parent) not in refused.value.message


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"audio": {"sample_rate": -1}}, "audio.sample_rate"),
        ({"audio": {}}, "audio.sample_rate"),
        ({"phoneme_type": "pinyin"}, "phoneme_type: Input should be 'espeak' or 'text'"),
        ({"phoneme_id_map": {"a": [1]}}, "lacks \\^ and _ and \\$"),
        ({"inference": {"length_scale": 0}}, "inference.length_scale"),
        ({"num_speakers": 10**9}, "num_speakers"),
        ({"speaker_id_map": {"x": 5}}, "a speaker beyond its 1"),
        ({"num_speakers": 3}, "no Piper model for 3 speakers"),
        ({"espeak": {"voice": "xx-nowhere"}}, "wants the language 'xx-nowhere'"),
    ],
)
async def test_a_description_that_can_not_be_true_is_refused(tmp_path: Path, entry: dict, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words):
        await load(make_voice(tmp_path / "v", **entry))


async def test_a_file_that_changed_since_it_was_installed_is_refused(hum: Path) -> None:
    model, described = hum / f"{hum.name}.onnx", hum / f"{hum.name}.onnx.json"
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (model, described)}
    await PiperFamily().load(pack_of(hum, sha256=hashes, quality="low"))
    config = json.loads(described.read_text())
    described.write_text(json.dumps({**config, "dataset": "another"}))
    with pytest.raises(SettingsRefused, match="json isn't the file that was installed"):
        await PiperFamily().load(pack_of(hum, sha256=hashes))


@pytest.mark.parametrize("settings", [{"sha512": {}}, {"sha256": {"x": "short"}}])
async def test_settings_of_the_pack_are_checked(hum: Path, settings: dict) -> None:
    with pytest.raises(SettingsRefused, match=r"metadata.yaml of piper/en_US-hum-low: 'settings\.sha"):
        await PiperFamily().load(replace(pack_of(hum), settings=settings))


async def test_without_the_library_the_extra_is_named(hum: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "viraltracker.worker.families.piper_voice")
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(SettingsRefused, match=r"pip install viraltracker\[piper\]"):
        await load(hum)


def test_every_error_of_the_runtime_is_known() -> None:
    theirs = {
        each for each in vars(failures).values() if isinstance(each, type) and issubclass(each, Exception)
    }
    assert theirs == set(FAILURES)


def test_the_family_brings_no_voice_along() -> None:
    assert PiperFamily().built_in == ()
    assert PiperFamily.name == "piper"
