"""Titles, chapters and covers as an outside reader (mutagen) finds them."""

import io
import unicodedata
from pathlib import Path

import mutagen.id3
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.episode.conftest import ENCODERS
from tests.episode.pictures import drawn
from viraltracker.audio import EPISODE_RATE_HZ
from viraltracker.episode import Chapter, Encoder, Tags
from viraltracker.episode.encoder import Encoding
from viraltracker.episode.mp3 import mp3_arguments
from viraltracker.episode.tagging import mend_contents, plain_text
from viraltracker.units import Ms


def tagged(encoder: Encoder, out: Path, tags: Tags, chapters: list[Chapter]) -> mutagen.id3.ID3:
    seconds = max(1, chapters[-1].end_ms // 1000 if chapters else 1)
    arguments = mp3_arguments(out, channels=1, kbits=64, tags=tags, chapters=chapters)
    with Encoding(encoder, arguments, "encode") as encoding:
        encoding.write(np.zeros(EPISODE_RATE_HZ * seconds, dtype="<f4").data, lambda: None)
        encoding.finish(lambda: None)
    mend_contents(out)
    return mutagen.id3.ID3(out)


def chapters_named(*titles: str, each_ms: int = 20) -> list[Chapter]:
    return [
        Chapter(f"b{n}", n, title, (), Ms(n * each_ms), Ms((n + 1) * each_ms))
        for n, title in enumerate(titles)
    ]


def titles_of(tag: mutagen.id3.ID3) -> list[str]:
    found = sorted(tag.getall("CHAP"), key=lambda chapter: chapter.start_time)
    return [str(chapter.sub_frames["TIT2"]) for chapter in found]


HOSTILE = [
    "a=b; c#d \\ e",
    "[CHAPTER]\nSTART=0",
    ";FFMETADATA1",
    "trailing \\",
    "title=x\\\ny",
    "夜 “quoted” 'ü'",
]


def test_title_show_and_chapters_arrive_whole(any_encoder: Encoder, tmp_path: Path) -> None:
    tag = tagged(any_encoder, tmp_path / "a.mp3", Tags("A = title; #1", "Show\\"), chapters_named(*HOSTILE))
    assert str(tag["TIT2"]) == "A = title; #1"
    assert str(tag["TPE1"]) == str(tag["TALB"]) == "Show\\ "
    assert [title.rstrip() for title in titles_of(tag)] == [plain_text(title) for title in HOSTILE]
    assert [c.start_time for c in tag.getall("CHAP")] == [n * 20 for n in range(len(HOSTILE))]
    assert [c.end_time for c in tag.getall("CHAP")] == [n * 20 + 20 for n in range(len(HOSTILE))]
    (contents,) = tag.getall("CTOC")
    assert contents.child_element_ids == [c.element_id for c in tag.getall("CHAP")]


@settings(max_examples=8)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=40))
def test_any_text_survives_as_plain_text(tmp_path_factory: pytest.TempPathFactory, titles: list[str]) -> None:
    out = tmp_path_factory.mktemp("tags") / "a.mp3"
    tag = tagged(Encoder(Path(ENCODERS["wheel"])), out, Tags(titles[0] or "x"), chapters_named(*titles))
    chapters = sorted(tag.getall("CHAP"), key=lambda chapter: chapter.start_time)
    assert len(chapters) == len(titles)
    found = [str(c.sub_frames["TIT2"]).rstrip() if "TIT2" in c.sub_frames else "" for c in chapters]
    assert found == [plain_text(title) for title in titles]


@given(st.text())
def test_plain_text_is_one_visible_line(text: str) -> None:
    plain = plain_text(text)
    assert len(plain) <= 500
    assert plain == " ".join(plain.split())
    assert not any(unicodedata.category(c).startswith("C") for c in plain)


@pytest.mark.parametrize("count", [255, 256, 300, 600])
def test_all_chapters_are_in_the_contents(any_encoder: Encoder, tmp_path: Path, count: int) -> None:
    out = tmp_path / "a.mp3"
    tag = tagged(any_encoder, out, Tags("Long"), chapters_named(*(f"Beat {n}" for n in range(count))))
    assert titles_of(tag) == [f"Beat {n}" for n in range(count)]
    tables = {contents.element_id: contents for contents in tag.getall("CTOC")}
    top = [table for table in tables.values() if table.flags & mutagen.id3.CTOCFlags.TOP_LEVEL]
    assert len(top) == 1
    listed: list[str] = []
    for child in top[0].child_element_ids:
        listed += tables[child].child_element_ids if child in tables else [child]
    assert listed == [chapter.element_id for chapter in tag.getall("CHAP")]
    samples, rate_hz = soundfile.read(io.BytesIO(out.read_bytes()))
    assert (len(samples), rate_hz) == (EPISODE_RATE_HZ * max(1, count * 20 // 1000), EPISODE_RATE_HZ)


@pytest.mark.parametrize(("suffix", "mime"), [("png", "image/png"), ("jpg", "image/jpeg")])
def test_a_cover_is_kept_as_it_is(any_encoder: Encoder, tmp_path: Path, suffix: str, mime: str) -> None:
    picture = drawn(suffix)
    tag = tagged(any_encoder, tmp_path / "a.mp3", Tags("T", cover=picture), chapters_named("One", "Two"))
    (cover,) = tag.getall("APIC")
    assert (cover.data, cover.mime, cover.type) == (picture, mime, mutagen.id3.PictureType.COVER_FRONT)
    assert titles_of(tag) == ["One", "Two"]
    assert len(soundfile.read(tmp_path / "a.mp3")[0]) == EPISODE_RATE_HZ


def test_a_file_without_a_tag_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"\xff\xfb" + bytes(100))
    mend_contents(tmp_path / "a.mp3")
    assert (tmp_path / "a.mp3").read_bytes() == b"\xff\xfb" + bytes(100)
