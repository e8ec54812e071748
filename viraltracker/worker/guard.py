"""Who may come in: a bearer token on every call, and TLS. Health may be asked by anybody: it says nothing."""

import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import grpc

from viraltracker.errors import SettingsRefused

__all__ = ["TokenGuard", "credentials"]

_HEALTH: Final = "/grpc.health.v1."
_REFUSAL: Final = "A voice worker needs its token here: `authorization: Bearer ...`."

Details = grpc.HandlerCallDetails
Handler = Any
"""grpc.RpcMethodHandler, generic over untyped messages."""


class TokenGuard(grpc.aio.ServerInterceptor):
    """Lets in who shows the token."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    async def intercept_service(
        self, continuation: Callable[[Details], Awaitable[Handler]], handler_call_details: Details
    ) -> Handler:
        """See grpc.aio. What was sent is compared in constant time."""
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith(_HEALTH):
            return handler
        shown = dict(handler_call_details.invocation_metadata).get("authorization", "")
        if hmac.compare_digest(shown.encode() if isinstance(shown, str) else shown, self._expected):
            return handler
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(_denied)
        return grpc.unary_unary_rpc_method_handler(_denied)


async def _denied(_: Any, context: Any) -> NoReturn:
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, _REFUSAL)
    raise AssertionError  # abort raises


def credentials(certificate: Path, key: Path) -> grpc.ServerCredentials:
    """TLS with that certificate chain and private key, PEM. Raises `SettingsRefused`."""
    try:
        pair = (key.read_bytes(), certificate.read_bytes())
    except OSError as error:
        raise SettingsRefused(
            f"The worker's certificate or key can't be read ({error.strerror}). Look at tls.certificate and "
            "tls.key in its configuration."
        ) from None
    return grpc.ssl_server_credentials([pair])
