"""What comes back: bodies of answers as audio. Pure, but for decoding.

Servers call the same bytes by different names, so the bytes count where they tell. Raw `pcm` is 16 bit, mono,
little-endian and, where the answer doesn't say another rate, 24 kHz, as with OpenAI and Kokoro-FastAPI. A WAV
that is sent while it is made can't know its length yet: its header has 0 or a number beyond any line there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from viraltracker.audio import Clip, Container, container_of, decode, encode_wav, from_pcm16
from viraltracker.errors import BadAudio, NonsenseAnswer
from viraltracker.speech.answers import printable, quoted
from viraltracker.speech.openai.problems import Asked, words_of

__all__ = ["HEAD_BYTES", "PCM_RATE_HZ", "Body", "PcmJoiner", "heard"]

PCM_RATE_HZ: Final = 24_000
HEAD_BYTES: Final = 12
"""So many bytes tell which container they begin, if any."""
_LARGEST_BYTES: Final = 64 << 20
"""Ten minutes of 48 kHz are 58 MB; what is larger is no answer to a line."""
_RATE: Final = re.compile(r"\brate=(\d{4,6})\b")
_RAW: Final = re.compile(r"audio/(x-)?(pcm|raw|l16)\b")
_NAMELESS: Final = {"", "application/octet-stream", "binary/octet-stream"}
_MEDIA_TYPES: Final[Mapping[Container, str]] = {
    "WAV": "audio/wav",
    "FLAC": "audio/flac",
    "OGG": "audio/ogg",
    "MP3": "audio/mpeg",
}


@dataclass(slots=True)
class Body:
    """An answer's body as it comes in: what it is called, its bytes so far. `as_raw`: samples were asked."""

    said: str = ""
    as_raw: bool = False
    held: bytearray = field(default_factory=bytearray)

    def add(self, said: str, chunk: bytes) -> None:
        """Keep a chunk. Raises `NonsenseAnswer` for more than a line can be."""
        self.said = said.strip().lower()
        self.held += chunk
        if len(self.held) > _LARGEST_BYTES:
            raise NonsenseAnswer(
                "The speech server sent more audio than a line can be; nothing of it was kept. Try again."
            )

    @property
    def is_audio(self) -> bool:
        """Whether it is called audio, or nothing at all."""
        return self.said.startswith("audio/") or self._kind in _NAMELESS

    @property
    def is_raw(self) -> bool:
        """Whether these are samples without a container, once `HEAD_BYTES` are here."""
        container = container_of(bytes(self.held[:HEAD_BYTES]))
        if _RAW.match(self.said):
            # Loud samples can look like the frames of an MP3, though not like its tag.
            return container is None or (container == "MP3" and self.held[:3] != b"ID3")
        return self.as_raw and container is None and self._kind in _NAMELESS

    def rate_hz(self, otherwise_hz: int) -> int:
        """The rate that its name gives, as in `audio/pcm;rate=16000`."""
        found = _RATE.search(self.said)
        return int(found[1]) if found else otherwise_hz

    @property
    def _kind(self) -> str:
        return self.said.partition(";")[0].strip()


class PcmJoiner:
    """Chunks of bytes to chunks of samples: one that ends inside a sample waits for the next."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._rest = b""

    def clip(self, chunk: bytes) -> Clip | None:
        """The samples that are complete now, if any. Raises `NonsenseAnswer` for a rate that nobody uses."""
        whole = self._rest + chunk
        cut = len(whole) - len(whole) % 2
        self._rest = whole[cut:]
        try:
            return from_pcm16(whole[:cut], self._rate_hz) if cut else None
        except BadAudio as problem:
            raise _unreadable(problem) from problem

    def finish(self) -> None:
        """Raise `NonsenseAnswer` where the last sample is cut off."""
        if self._rest:
            raise NonsenseAnswer("The speech server's audio ends inside a sample: it is cut off. Try again.")


def heard(body: Body, asked: Asked, pcm_rate_hz: int) -> tuple[Clip, bytes, str]:
    """A complete body's clip, the bytes to keep and their type. Blocking: it decodes.

    Raw samples are kept in a WAV, which says its own rate. Raises `NonsenseAnswer` for what is no audio, in
    part or in whole.
    """
    payload = bytes(body.held)
    if not (body.is_audio and payload):
        raise _no_audio(body, asked)
    try:
        if body.is_raw:
            clip = from_pcm16(payload, body.rate_hz(pcm_rate_hz))
            return clip, encode_wav(clip), "audio/wav"
        container = container_of(payload)
        if container == "WAV":
            payload = _with_length(payload)
        return decode(payload, body.said), payload, _MEDIA_TYPES[container or "WAV"]
    except BadAudio as problem:
        raise _unreadable(problem) from problem


def _with_length(payload: bytes) -> bytes:
    """The WAV with its true length in its header, where the header was written before anybody knew it."""
    at = 12
    while at + 8 <= len(payload):
        size = int.from_bytes(payload[at + 4 : at + 8], "little")
        if payload[at : at + 4] == b"data":
            if 0 < size <= _LARGEST_BYTES:
                return payload
            whole, data = len(payload) - 8, len(payload) - at - 8
            return b"".join(
                (
                    payload[:4],
                    whole.to_bytes(4, "little"),
                    payload[8 : at + 4],
                    data.to_bytes(4, "little"),
                    payload[at + 8 :],
                )
            )
        at += 8 + size + size % 2
    return payload


def _unreadable(problem: BadAudio) -> NonsenseAnswer:
    return NonsenseAnswer(f"The speech server sent audio that can't be read. {problem.message}")


def _no_audio(body: Body, asked: Asked) -> NonsenseAnswer:
    if not body.held:
        return NonsenseAnswer("The speech server sent an empty answer in place of audio. Try again.")
    said = printable(body.said.partition(";")[0])
    why = quoted(words_of(bytes(body.held))[1], asked.secrets)
    return NonsenseAnswer(
        f"The speech server sent {said} in place of audio{why}; nothing of it was kept. "
        f"Try again; if it stays so, look at {asked.named.url}."
    )
