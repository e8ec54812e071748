"""A catalogue of Piper voices on this machine, laid out as the public one, that can break in every known way.

    with VoicesServer() as server:
        server.add("en_US-hum-low", model, config, card)
        PiperInstaller(server.base_url, folder)

`listed` is `voices.json`, `files` what is served by path. Faults may be set while it runs.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tests.loopback import Handler, Loopback

__all__ = ["CARD", "VoicesServer", "listed_file"]

CARD = """# Model card for hum (low)

* Language: en_US (English, United States)
* Speakers: 1
* Quality: low

## Dataset

* URL: https://hum.example/recordings
* License: CC BY 4.0
"""


def listed_file(content: bytes) -> dict[str, Any]:
    """What the catalogue says about a file."""
    return {"size_bytes": len(content), "md5_digest": hashlib.md5(content, usedforsecurity=False).hexdigest()}


@dataclass
class VoicesServer:
    """Start with `with`.

    `cut_at`: path -> how many bytes of its body come before the line breaks, once. `statuses`: path -> what
    is answered instead. `moved`: path -> where it is now. `ranges` False: Range is ignored. `shifted`: parts
    begin elsewhere than asked.
    """

    listed: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    cut_at: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    shifted: bool = False
    received: list[tuple[str, str]] = field(default_factory=list, init=False)

    def __enter__(self) -> "VoicesServer":
        self._server = Loopback("voices", _Handler, server_state=self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def base_url(self) -> str:
        """What `VIRALTRACKER_PIPER_VOICES_URL` is to be set to."""
        return f"{self._server.url}/main"

    def add(self, key: str, model: bytes, config: bytes, card: str = CARD, **entry: Any) -> dict[str, str]:
        """Publish a voice; the paths of its files by how their names end."""
        code, name, quality = key.split("-")
        folder = f"{code[:2]}/{code}/{name}/{quality}"
        paths = {
            ".onnx": f"{folder}/{key}.onnx",
            ".onnx.json": f"{folder}/{key}.onnx.json",
            "MODEL_CARD": f"{folder}/MODEL_CARD",
        }
        contents = dict(zip(paths.values(), (model, config, card.encode()), strict=True))
        self.files |= contents
        self.listed[key] = {
            "key": key,
            "name": name,
            "language": {
                "code": code,
                "family": code[:2],
                "region": code[3:],
                "name_native": "English",
                "name_english": "English",
                "country_english": "United States",
            },
            "quality": quality,
            "num_speakers": 1,
            "speaker_id_map": {},
            "files": {path: listed_file(content) for path, content in contents.items()},
            "aliases": [f"{code[:2].lower()}-{name}-{quality}"],
            **entry,
        }
        return paths

    def body(self, path: str) -> bytes | None:
        """What lies at a path."""
        return json.dumps(self.listed).encode() if path == "voices.json" else self.files.get(path)

    def asked(self, path: str) -> list[str]:
        """The Range headers of the requests for a path; empty where there was none."""
        return [wanted for at, wanted in self.received if at == path]


class _Handler(Handler):
    protocol_version = "HTTP/1.0"  # a file cut short is told by the connection's end
    server_state: VoicesServer

    def do_GET(self) -> None:
        server = self.server_state
        path = self.path.removeprefix("/main/")
        wanted = self.headers.get("Range", "")
        server.received.append((path, wanted))
        body = server.body(path)
        if path in server.moved:
            self.send_response(302)
            self.send_header("Location", server.moved[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path in server.statuses or body is None:
            self.send_error(server.statuses.get(path, 404))
        else:
            self._send(path, body, wanted)

    def _send(self, path: str, body: bytes, wanted: str) -> None:
        server = self.server_state
        match = re.fullmatch(r"bytes=(\d+)-", wanted)
        start = int(match[1]) if match and server.ranges else 0
        if start >= len(body) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            start -= server.shifted
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:][: server.cut_at.pop(path, None)])
