"""The catalogue of Piper voices: what it may say, and what is made of a model card."""

import json

import pytest

from tests.worker.voices_server import listed_file
from viraltracker.errors import SettingsRefused
from viraltracker.worker.piper_catalogue import choose, licence_of

KEY = "en_US-hum-low"


@pytest.mark.parametrize(
    "key", ["../../evil-x-low", "..-x-low", "a/b-x-low", "en_US\0-x-low", "-x-low", "e" * 90]
)
def test_a_name_that_leads_elsewhere_is_refused(key: str) -> None:
    entry = {
        "name": "x",
        "language": {"code": "en_US"},
        "quality": "low",
        "num_speakers": 1,
        "files": {f"{key}.onnx": listed_file(b"x"), f"{key}.onnx.json": listed_file(b"y")},
    }
    with pytest.raises(SettingsRefused, match="it can't be called that"):
        choose(json.dumps({key: entry}).encode(), key)


@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        (b"<html>", "no catalogue of Piper voices"),
        (b"[]", "no catalogue of Piper voices"),
        (b"[" * 100_000, "no catalogue of Piper voices"),
        (json.dumps({KEY: 5}).encode(), "can't be used: its  makes no sense"),
        (json.dumps({KEY: {"files": {"x": {"size_bytes": -1}}}}).encode(), "makes no sense"),
    ],
)
def test_what_is_no_catalogue_is_said(catalogue: bytes, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words):
        choose(catalogue, KEY)


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("* License: MIT", "MIT"),
        ("**Licence:** CC0\n", "CC0"),
        ("license : x\x1b[2J\u2028y", "x[2Jy"),
        ("* URL: https://a.example/b\n* License: See URL\n", "see https://a.example/b"),
        ("* License: See URL\n", "See URL"),
        ("* License:\n* Other: x", "not stated in its model card"),
        ("", "not stated in its model card"),
        (f"License: {'a' * 999}", "a" * 200),
    ],
)
def test_the_licence_is_the_model_cards_line(card: str, licence: str) -> None:
    assert licence_of(card) == licence
