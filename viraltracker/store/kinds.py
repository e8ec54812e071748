"""What a stored file is, by how it begins. Pure."""

__all__ = ["HEAD_BYTES", "file_ending", "media_type"]

HEAD_BYTES = 12
"""How much of a file is needed to tell."""
_ENDINGS = {"audio/flac": "flac", "audio/wav": "wav", "audio/mpeg": "mp3"}
_ENDINGS |= {"audio/ogg": "ogg", "application/zip": "zip"}


def media_type(head: bytes) -> str:
    """The content type by a file's first 12 bytes: FLAC, WAV, MP3, Ogg, ZIP, else unknown (never played)."""
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"  # an ID3 tag, or a frame header that says layer III
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"PK\x03\x04"):
        return "application/zip"
    return "application/octet-stream"


def file_ending(head: bytes) -> str:
    """How such a file's name ends: "flac", "wav", "mp3", "ogg", "zip", else "bin"."""
    return _ENDINGS.get(media_type(head), "bin")
