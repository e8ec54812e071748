"""Supabase Storage's routes on this machine: objects, lists, signed links, uploads in parts.

The rows are real: each request becomes one transaction on `storage.objects` under the token's role and
claims, so that the bucket's policies decide. The bytes lie in memory. Refusals look as Storage's do: most
travel under HTTP status 400 with the true one inside. See https://supabase.com/docs/guides/storage and https://tus.io.
"""

import base64
import email
import email.policy
import fnmatch
import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import jwt
import psycopg
from psycopg import sql

__all__ = ["Answer", "BucketServer"]

STORAGE = "/storage/v1/"
PART_BYTES = 6 * 1024 * 1024
_PUT = "insert into storage.objects (bucket_id, name) values (%s, %s)"
_SEEN = "select name from storage.objects where bucket_id = %s and name = %s"
_LISTED = "select name from storage.objects where bucket_id = %s and starts_with(name, %s) order by name"
_REMOVED = "delete from storage.objects where bucket_id = %s and name = any (%s) returning name"
_RULES = "select file_size_limit, allowed_mime_types from storage.buckets where id = %s"


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object, status: int = 200) -> "Answer":
        """A JSON answer."""
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json"})


class _Refused(Exception):
    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer.of({"statusCode": str(status), "error": error, "message": message}, 400)


@dataclass
class _Upload:
    bucket: str
    name: str
    kind: str
    length: int
    parts: bytearray = field(default_factory=bytearray)


@dataclass
class BucketServer:
    """`acting` opens a transaction for a request's headers; `secret` signs links.

    `held` are the bytes by bucket and name. `cuts` parts of uploads are lost halfway: the connection ends.
    `late` parts are taken in, and refused as if they came twice, `stuck` ones
    are answered and not taken in. `elsewhere` is where uploads are sent on to.
    Links are `age_s` older than they are.
    """

    acting: Callable[[Mapping[str, str]], AbstractContextManager[psycopg.Connection]]
    secret: str
    held: dict[tuple[str, str], bytes] = field(default_factory=dict)
    cuts: int = 0
    late: int = 0
    stuck: bool = False
    elsewhere: str = ""
    age_s: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    uploads: dict[str, _Upload] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """The answer; None: hang up without one."""
        address = urlsplit(target)
        place = unquote(address.path.removeprefix(STORAGE))
        self.requests.append((method, place))
        try:
            return self._answer(method, place, address.query, headers, body)
        except _Refused as refused:
            return refused.answer
        except psycopg.errors.InsufficientPrivilege:
            return _Refused(403, "Unauthorized", "new row violates row-level security policy").answer
        except psycopg.errors.UniqueViolation:
            return _Refused(409, "Duplicate", "The resource already exists").answer

    def _answer(
        self, method: str, place: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Answer | None:
        if place.startswith("upload/resumable"):
            return self._resumable(method, place, headers, body)
        if place.startswith("object/sign/"):
            return self._sign(method, place.removeprefix("object/sign/"), query, headers, body)
        if place.startswith("object/list/"):
            return self._list(place.removeprefix("object/list/"), headers, body)
        bucket, _, name = place.removeprefix("object/").partition("/")
        if method == "GET":
            return self._get(bucket, name, headers)
        if method == "DELETE":
            return self._remove(bucket, headers, body)
        return self._put(bucket, name, headers, body)

    def _put(self, bucket: str, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        payload, kind = _file_of(headers, body)
        self._keep(bucket, name, kind, payload, headers)
        return Answer.of({"Id": str(uuid4()), "Key": f"{bucket}/{name}"})

    def _keep(self, bucket: str, name: str, kind: str, payload: bytes, headers: Mapping[str, str]) -> None:
        with self.acting(headers) as connection:
            self._allow(connection, bucket, kind, len(payload))
            connection.execute(_PUT, (bucket, name))
            self.held[bucket, name] = payload

    def _allow(self, connection: psycopg.Connection, bucket: str, kind: str, size: int) -> None:
        connection.execute("reset role")  # the service itself reads a bucket's rules
        role = sql.Identifier("authenticated")
        limit, kinds = connection.execute(_RULES, (bucket,)).fetchone() or (0, [])
        connection.execute(sql.SQL("set local role {}").format(role))
        if size > limit:
            raise _Refused(413, "Payload too large", "The object exceeded the maximum allowed size")
        if not any(fnmatch.fnmatch(kind, each) for each in kinds):
            raise _Refused(415, "invalid_mime_type", f"mime type {kind} is not supported")

    def _get(self, bucket: str, name: str, headers: Mapping[str, str]) -> Answer:
        self._see(bucket, name, headers)
        return Answer(200, self.held[bucket, name], {"content-type": "application/octet-stream"})

    def _see(self, bucket: str, name: str, headers: Mapping[str, str]) -> None:
        with self.acting(headers) as connection:
            if connection.execute(_SEEN, (bucket, name)).fetchone() is None:
                raise _Refused(404, "not_found", "Object not found")

    def _list(self, bucket: str, headers: Mapping[str, str], body: bytes) -> Answer:
        asked = json.loads(body)
        folder = f"{asked['prefix'].strip('/')}/"
        with self.acting(headers) as connection:
            names = [name for (name,) in connection.execute(_LISTED, (bucket, folder))]
        found = [name.removeprefix(folder) for name in names if "/" not in name.removeprefix(folder)]
        found = [name for name in found if asked.get("search", "") in name]
        return Answer.of([{"name": name, "id": str(uuid4())} for name in found[: asked["limit"]]])

    def _remove(self, bucket: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with self.acting(headers) as connection:
            names = json.loads(body)["prefixes"]
            gone = [name for (name,) in connection.execute(_REMOVED, (bucket, names))]
        for name in gone:
            del self.held[bucket, name]
        return Answer.of([{"bucket_id": bucket, "name": name} for name in gone])

    def _sign(self, method: str, place: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        bucket, _, name = place.partition("/")
        if method == "GET":
            try:
                told = jwt.decode(parse_qs(query)["token"][0], self.secret, ["HS256"], leeway=-self.age_s)
            except (jwt.InvalidTokenError, KeyError):
                raise _Refused(400, "InvalidJWT", "jwt expired") from None
            if told["url"] != place:
                raise _Refused(400, "InvalidSignature", "The url does not match the signature")
            return Answer(200, self.held[bucket, name], {"content-type": "application/octet-stream"})
        self._see(bucket, name, headers)
        ends = int(time.time()) + int(json.loads(body)["expiresIn"])
        token = jwt.encode({"url": place, "exp": ends}, self.secret, "HS256")
        return Answer.of({"signedURL": f"/object/sign/{place}?token={token}"})

    def _resumable(self, method: str, place: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        if headers.get("tus-resumable") != "1.0.0":
            return Answer(412)
        if method == "POST":
            return self._begin(headers)
        upload = self.uploads[place.rpartition("/")[2]]
        with self.lock:
            refused = self._append(upload, headers, body) if method == "PATCH" else 0
            if refused is None or refused:
                return Answer(refused) if refused else None
            status = 200 if method == "HEAD" else 204
            return Answer(status, b"", {"Upload-Offset": str(len(upload.parts)), "Tus-Resumable": "1.0.0"})

    def _append(self, upload: _Upload, headers: Mapping[str, str], body: bytes) -> int | None:
        """Take a part in; the status of a refusal, 0 without one, None when the connection is lost."""
        if int(headers["upload-offset"]) != len(upload.parts):
            return 409
        if self.stuck:
            return 0
        if self.cuts:
            self.cuts -= 1
            upload.parts += body[: len(body) // 2]
            return None
        if len(body) != PART_BYTES and len(upload.parts) + len(body) < upload.length:
            return 400
        upload.parts += body
        if len(upload.parts) == upload.length:
            self._keep(upload.bucket, upload.name, upload.kind, bytes(upload.parts), headers)
        late = self.late > 0
        self.late -= late
        return 409 * late

    def _begin(self, headers: Mapping[str, str]) -> Answer:
        pairs = (pair.split(" ") for pair in headers["upload-metadata"].split(","))
        told = {key: base64.b64decode(value).decode() for key, value in pairs}
        upload = _Upload(
            told["bucketName"], told["objectName"], told["contentType"], int(headers["upload-length"])
        )
        with self.acting(headers) as connection:
            self._allow(connection, upload.bucket, upload.kind, upload.length)
            if connection.execute(_SEEN, (upload.bucket, upload.name)).fetchone():
                return Answer(409, b"The resource already exists")
        known = uuid4().hex
        self.uploads[known] = upload
        return Answer(
            201,
            b"",
            {"Location": f"{self.elsewhere}{STORAGE}upload/resumable/{known}", "Tus-Resumable": "1.0.0"},
        )


def _file_of(headers: Mapping[str, str], body: bytes) -> tuple[bytes, str]:
    """The one file of a form, and its type."""
    head = f"content-type: {headers['content-type']}\r\n\r\n".encode()
    form: Any = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    for part in form.iter_parts():
        if part.get_filename():
            return part.get_payload(decode=True), part.get_content_type()
    raise _Refused(400, "invalid_request", "no file")
