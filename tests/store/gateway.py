"""Supabase's HTTP door to a database, on this machine: what PostgREST documents of calling functions.

    with Gateway(database_url) as gateway:
        rows = Hosted(gateway.url, SecretStr(gateway.key), SecretStr(gateway.secret))

For each request: the API key, the token's signature and end, the profile and the function's argument names,
by a schema cache that is read anew on `notify pgrst`; then one transaction under the token's role and claims
over a real Postgres. Errors as PostgREST answers them. `faults` are answers of something before it (status,
body), taken one a call. See https://docs.postgrest.org/en/stable/references/: errors, auth, schema_cache.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

import jwt
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.loopback import Handler, Loopback
from tests.store.bucket_server import STORAGE, Answer, BucketServer

__all__ = ["Gateway"]

_RPC = "/rest/v1/rpc/"
_TOLD_WITHIN_S = 0.5
_ACT_AS = "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)"
_FUNCTIONS = """
    select p.proname, coalesce(p.proargnames, '{}'),
           array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a(t, i) order by i),
           p.pronargdefaults
    from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
"""
_HTTP_BY_STATE: Mapping[str, int] = {
    **dict.fromkeys(("08", "53"), 503),
    **dict.fromkeys(("0L", "0P", "28"), 403),
    **dict.fromkeys(
        ("09", "25", "2D", "38", "39", "3B", "40", "54", "55", "57", "58", "F0", "HV", "XX"), 500
    ),
    "P0": 500,
    "P0001": 400,
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42883": 404,
    "42P01": 404,
}


class _Answer(Exception):
    def __init__(self, status: int, code: str, message: str, details: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "details": details, "hint": None}


@dataclass
class Gateway:
    """Start with `with`. `dsn` logs in as PostgREST's authenticator does: one that may become the others."""

    dsn: str
    key: str = "public-key-of-the-project"
    secret: str = "a-secret-of-the-project-that-is-long-enough"
    faults: list[tuple[int, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list, init=False)
    tokens: set[str] = field(default_factory=set, init=False)
    clock: Callable[[], float] = time.time

    def __enter__(self) -> "Gateway":
        self._connections = _Connections(self.dsn)
        self._listening = psycopg.connect(self.dsn, autocommit=True)
        self._listening.execute("listen pgrst")
        self._lock = threading.Lock()
        self.bucket = BucketServer(self._acting, self.secret)
        self._known = self._read_schema()
        self._server = Loopback("gateway", _Handler, gateway=self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._listening.close()
        self._connections.close()

    @property
    def url(self) -> str:
        """The project's URL."""
        return self._server.url

    def answer(self, headers: Mapping[str, str], name: str, body: bytes) -> object:
        """What the function says. Raises `_Answer`."""
        role, _ = self._who(headers)
        if (profile := headers.get("content-profile", "public")) != "public":
            raise _Answer(406, "PGRST106", f"Invalid schema: {profile}")
        try:
            arguments = json.loads(body or b"{}")
        except ValueError:
            raise _Answer(400, "PGRST102", "Empty or invalid json") from None
        statement = self._statement(name, arguments)
        try:
            with self._acting(headers) as connection:
                row = connection.execute(statement, (Jsonb(arguments),) if arguments else None).fetchone()
        except psycopg.Error as error:
            raise _refused(error, role) from error
        return row[0] if row else None

    @contextmanager
    def _acting(self, headers: Mapping[str, str]) -> Iterator[psycopg.Connection]:
        """A transaction under the token's role and claims."""
        role, claims = self._who(headers)
        with self._connections.one() as connection, connection.transaction():
            connection.execute(_ACT_AS, (role, json.dumps(claims)))
            yield connection

    def _who(self, headers: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        if headers.get("apikey") != self.key:
            raise _Answer(401, "", "Invalid API key")
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token in ("", self.key):
            return "anon", {"role": "anon"}
        self.tokens.add(token)
        try:
            claims = jwt.decode(token, self.secret, ["HS256"], audience="authenticated", leeway=0)
        except jwt.ExpiredSignatureError:
            raise _Answer(401, "PGRST303", "JWT expired") from None
        except jwt.InvalidTokenError as error:
            raise _Answer(401, "PGRST301", str(error)) from None
        return str(claims.get("role", "anon")), claims

    def _statement(self, name: str, arguments: Mapping[str, Any]) -> sql.Composed:
        with self._lock:
            # Postgres may still be about to tell of a function that was made just now.
            waits_s = 0 if name in self._known else _TOLD_WITHIN_S
            if any(True for _ in self._listening.notifies(timeout=waits_s, stop_after=1)):
                self._known = self._read_schema()
            types, required = self._known.get(name, ({}, 1))
        if name not in self._known or arguments.keys() - types.keys() or len(arguments) < required:
            message = f"Could not find the function public.{name}({', '.join(arguments)}) in the schema cache"
            raise _Answer(404, "PGRST202", message)
        if not arguments:
            return sql.SQL("select to_jsonb({}())").format(sql.Identifier("public", name))
        columns = [sql.SQL("{} {}").format(sql.Identifier(each), sql.SQL(types[each])) for each in arguments]
        passed = [sql.SQL("{0} => body.{0}").format(sql.Identifier(each)) for each in arguments]
        return sql.SQL("select to_jsonb({}({})) from jsonb_to_record(%s) as body({})").format(
            sql.Identifier("public", name), sql.SQL(", ").join(passed), sql.SQL(", ").join(columns)
        )

    def _read_schema(self) -> dict[str, tuple[dict[str, str], int]]:
        with self._connections.one() as connection:
            return {
                name: (dict(zip(names, types, strict=False)), len(types) - defaults)
                for name, names, types, defaults in connection.execute(_FUNCTIONS)
            }


def _refused(error: psycopg.Error, role: str) -> _Answer:
    state = error.sqlstate or "XX000"
    said, details = error.diag.message_primary or "", error.diag.message_detail
    if state.startswith("PT") and state[2:].isdigit():
        status = int(state[2:])
    elif state == "42501":
        status = 401 if role == "anon" else 403
    else:
        status = _HTTP_BY_STATE.get(state) or _HTTP_BY_STATE.get(state[:2], 400)
    return _Answer(status, state, said, details)


class _Connections:
    """At most ten connections, made when they are wanted, without the threads that a pool would start."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._left = dsn, threading.Semaphore(10)
        self._free: SimpleQueue[psycopg.Connection] = SimpleQueue()

    @contextmanager
    def one(self) -> Iterator[psycopg.Connection]:
        """A connection for a while."""
        with self._left:
            try:
                connection = self._free.get_nowait()
            except Empty:
                connection = psycopg.connect(self._dsn, autocommit=True, prepare_threshold=None)
            try:
                yield connection
            finally:
                self._free.put(connection)

    def close(self) -> None:
        """Close those that are free; nobody uses another one by now."""
        with suppress(Empty):
            while True:
                self._free.get_nowait().close()


class _Handler(Handler):
    gateway: Gateway

    def do_GET(self) -> None:
        """What Storage gives."""
        self._store("GET")

    def do_HEAD(self) -> None:
        """How far an upload is."""
        self._store("HEAD")

    def do_PATCH(self) -> None:
        """A part of an upload."""
        self._store("PATCH")

    def _store(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {key.lower(): value for key, value in self.headers.items()}
        answer: Answer | None
        if self.gateway.faults:
            status, text = self.gateway.faults.pop(0)
            answer = Answer(status, text.encode(), {"content-type": "text/html"})
        else:
            try:
                answer = self.gateway.bucket.answer(method, self.path, headers, body)
            except _Answer as refused:  # the token
                told = {"statusCode": "403", "error": "Unauthorized", "message": str(refused)}
                answer = Answer.of(told, 400)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body if method != "HEAD" else b"")

    def do_DELETE(self) -> None:
        """Something for Storage."""
        self._store("DELETE")

    def do_POST(self) -> None:
        """A call, or something for Storage."""
        if self.path.startswith(STORAGE):
            self._store("POST")
            return
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        name = self.path.removeprefix(_RPC)
        self.gateway.calls.append(name)
        if self.gateway.faults:
            status, text = self.gateway.faults.pop(0)
            self._send(status, text.encode(), "text/html")
            return
        headers = {key.lower(): value for key, value in self.headers.items()}
        try:
            if not self.path.startswith(_RPC):
                raise _Answer(404, "PGRST125", "Invalid path specified in request URL")
            self._send(200, json.dumps(self.gateway.answer(headers, name, body)).encode(), "application/json")
        except _Answer as refused:
            told = refused.body if refused.body["code"] else {"message": refused.body["message"]}
            self._send(refused.status, json.dumps(told).encode(), "application/json")

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("content-type", f"{content_type}; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
