"""Whether the bytes of an audio file are all there, judged by the container alone: WAV, FLAC, OGG, MP3.

libsndfile reads a cut-off WAV or MP3 without a word, so what the header promises is compared with what is
there. Knows no samples. Formats: RIFF/WAVE (`data` chunk), Ogg pages (RFC 3533), MPEG audio frame headers
(ISO 11172-3, 13818-3), ID3v2. FLAC (RFC 9639) needs no look: its decoder stops at a missing frame.
"""

from typing import Final, Literal

__all__ = ["Container", "container_of", "is_cut_off"]

Container = Literal["WAV", "FLAC", "OGG", "MP3"]

_UNKNOWN_LENGTH: Final = 0xFFFF_FFFF
"""What a program that writes WAV to a pipe puts where the length belongs."""

_MPEG1_KBITS: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2_KBITS: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG_RATES_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def container_of(payload: bytes) -> Container | None:
    """The container by its first bytes; None when it is none of the four."""
    if payload[:4] == b"RIFF" and payload[8:12] == b"WAVE":
        return "WAV"
    if payload[:4] == b"fLaC":
        return "FLAC"
    if payload[:4] == b"OggS":
        return "OGG"
    if payload[:3] == b"ID3" or _frame_bytes(payload, 0) is not None:
        return "MP3"
    return None


def is_cut_off(payload: bytes, container: Container) -> bool:
    """Whether bytes are missing at the end."""
    match container:
        case "WAV":
            return _wav_is_cut(payload)
        case "OGG":
            return _ogg_is_cut(payload)
        case "MP3":
            return _mp3_is_cut(payload)
        case "FLAC":
            return False


def _wav_is_cut(payload: bytes) -> bool:
    at = 12
    while at + 8 <= len(payload):
        size = int.from_bytes(payload[at + 4 : at + 8], "little")
        if payload[at : at + 4] == b"data":
            return size != _UNKNOWN_LENGTH and at + 8 + size > len(payload)
        at += 8 + size + size % 2
    return True


def _ogg_is_cut(payload: bytes) -> bool:
    at = payload.rfind(b"OggS")
    if at < 0 or at + 27 > len(payload):
        return True
    lacing = payload[at + 27 : at + 27 + payload[at + 26]]
    complete = len(lacing) == payload[at + 26] and at + 27 + len(lacing) + sum(lacing) <= len(payload)
    end_of_stream = bool(payload[at + 5] & 4)
    return not (complete and end_of_stream)


def _mp3_is_cut(payload: bytes) -> bool:
    """Walks frame by frame, past tags: all must be whole, and only an old tag or zeros may follow."""
    at = 0
    while (size := _frame_bytes(payload, at) or _id3_bytes(payload, at)) is not None:
        at += size
    rest = payload[at:]
    return at > len(payload) or not (
        rest.startswith((b"TAG", b"APETAGEX", b"LYRICS")) or not rest.strip(b"\0")
    )


def _id3_bytes(payload: bytes, at: int) -> int | None:
    if payload[at : at + 3] != b"ID3" or at + 10 > len(payload):
        return None
    size = 0
    for byte in payload[at + 6 : at + 10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame_bytes(payload: bytes, at: int) -> int | None:
    """Length of the MPEG layer III frame whose header stands at `at`; None when none stands there."""
    header = int.from_bytes(payload[at : at + 4], "big") if at + 4 <= len(payload) else 0
    version, layer = header >> 19 & 3, header >> 17 & 3
    kbit, rate = header >> 12 & 15, header >> 10 & 3
    if header >> 21 != 0x7FF or version == 1 or layer != 1 or kbit in (0, 15) or rate == 3:
        return None
    kbits = (_MPEG1_KBITS if version == 3 else _MPEG2_KBITS)[kbit]
    samples = 1152 if version == 3 else 576
    return samples // 8 * kbits * 1000 // _MPEG_RATES_HZ[version][rate] + (header >> 9 & 1)
