"""What may be a cover, and what is refused before any work starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.episode.pictures import drawn
from viraltracker.episode.cover import cover_format
from viraltracker.errors import BadInput


def test_pictures_are_known_by_their_bytes() -> None:
    assert cover_format(drawn("png")) == "png_pipe"
    assert cover_format(drawn("jpg")) == "jpeg_pipe"


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("keep", [0.05, 0.5, 0.99])
def test_a_cut_off_picture_is_refused(suffix: str, keep: float) -> None:
    picture = drawn(suffix)
    with pytest.raises(BadInput, match="cut off"):
        cover_format(picture[: int(len(picture) * keep)])


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (b"", "neither a JPEG nor a PNG"),
        (b"#EXTM3U\nhttp://x/", "neither a JPEG nor a PNG"),
        (b"<svg/>", "neither a JPEG nor a PNG"),
        (b"\xff\xd8\xff#EXTM3U\nfile:///etc/passwd", "damaged"),
        (drawn("png") + bytes(9 << 20), "9 MB"),
        (drawn("png")[:16] + b"\x7f\xff\xff\xff\0\0\0\x01" + drawn("png")[24:], "2147483647 x 1 pixels"),
        (drawn("png")[:16] + bytes(8) + drawn("png")[24:], "0 x 0 pixels"),
    ],
)
def test_what_can_not_be_a_cover_says_why(picture: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        cover_format(picture)


@given(st.binary(max_size=200), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b""]))
def test_junk_is_refused_and_never_crashes(junk: bytes, magic: bytes) -> None:
    with pytest.raises(BadInput):
        cover_format(magic + junk)
