"""The connection to one voice worker: options, TLS, the token, and failures turned into our errors.

The window to a live stream is kept small on purpose: what is under way when a stream is paused still sounds.
"""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import anyio
import anyio.lowlevel
import grpc
from pydantic import SecretStr

from viraltracker.errors import SpeechError
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc import tts_pb2_grpc
from viraltracker.speech.worker.problems import of_status

__all__ = ["OPTIONS", "Access", "Link", "is_loopback"]

OPTIONS: Final = (
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 16_384),
    ("grpc.max_receive_message_length", 1 << 20),
    # A worker's machine that vanished without a word is noticed in seconds, not in minutes.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A studio has one way to a worker, whoever else in the process asks.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
_END_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Access:
    """What a worker off this machine asks for: its token, and the authority that signed its certificate.

    `authority`: PEM; None: the system's.
    """

    token: SecretStr | None = None
    authority: bytes | None = None


class Link:
    """A worker's stub; `name` is what messages call it. The channel connects when it is first used."""

    def __init__(self, address: str, access: Access) -> None:
        self.address = address
        self.name = address
        if is_loopback(address) and access.authority is None:
            self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        else:
            secure = grpc.ssl_channel_credentials(root_certificates=access.authority)
            self._channel = grpc.aio.secure_channel(address, secure, options=OPTIONS)
        token = access.token
        self.metadata = () if token is None else (("authorization", f"Bearer {token.get_secret_value()}"),)
        self.stub: Any = tts_pb2_grpc.TTSServiceStub(self._channel)  # type: ignore[no-untyped-call]

    async def ask(self, method: str, request: Any, timeout_s: float) -> Any:
        """The answer of a unary call. Raises a `SpeechError`."""
        call: Awaitable[Any] = getattr(self.stub, method)(request, timeout=timeout_s, metadata=self.metadata)
        async with self.heard():
            return await call

    async def end_session(self, session: str) -> None:
        """Let go of a session, cancelled or not; a worker that is gone has let go by itself."""
        ending = self.ask("EndSession", wire.EndSessionRequest(session=session), _END_S)
        with anyio.CancelScope(shield=True):
            try:
                await asyncio.shield(ending)
            except SpeechError:
                return

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """Inside, a call's failure is raised as our error, and not with the vendor's hanging on it."""
        failed: SpeechError | None = None
        try:
            yield
        except grpc.aio.AioRpcError as status:
            failed = of_status(status, self.name)
        except asyncio.CancelledError:
            # A stream's is grpc's own; anyio ends its scopes by the one that it sent in itself.
            await anyio.lowlevel.checkpoint_if_cancelled()
            raise
        if failed is not None:
            raise failed

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close()


def is_loopback(address: str) -> bool:
    """Whether `host:port` is this machine's own."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
