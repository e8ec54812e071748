"""A worker's refusals as our errors: the same ones it raised, by the name that came along."""

from typing import Final

import grpc

from viraltracker.errors import (
    NeedsKey,
    NonsenseAnswer,
    NotLoaded,
    OutOfCredit,
    ProviderDown,
    Refused,
    SpeechError,
    TextTooLong,
    TryLater,
)

__all__ = ["is_silence", "of_status"]

_Code = grpc.StatusCode
_LONGEST_WORDS: Final = 500
_LONGEST_WAIT_S: Final = 600.0
_NAMED: Final[dict[str, type[SpeechError]]] = {
    kind.__name__: kind
    for kind in (NeedsKey, NonsenseAnswer, NotLoaded, OutOfCredit, ProviderDown, Refused, TextTooLong)
}
_BY_CODE: Final[dict[grpc.StatusCode, type[SpeechError]]] = {
    _Code.NOT_FOUND: Refused,
    _Code.INVALID_ARGUMENT: Refused,
    _Code.FAILED_PRECONDITION: Refused,
    _Code.OUT_OF_RANGE: Refused,
    _Code.UNIMPLEMENTED: Refused,
    _Code.PERMISSION_DENIED: NeedsKey,
    _Code.UNAUTHENTICATED: NeedsKey,
    _Code.DATA_LOSS: NonsenseAnswer,
}


def of_status(status: grpc.aio.AioRpcError, worker: str) -> SpeechError:
    """What a call to `worker` that ended with `status` means. Its words are another process's: shortened."""
    code, said = status.code(), _shown(status.details() or "")
    more = {str(key): value for key, value in status.trailing_metadata() or ()}
    if code is _Code.UNAUTHENTICATED:
        return NeedsKey(
            f"The voice worker {worker} refuses the token. Set VIRALTRACKER_WORKER_TOKEN to its own."
        )
    if code is _Code.RESOURCE_EXHAUSTED:
        return TryLater(f"{worker}: {said}", after_s=_wait_s(more.get("retry-after-ms")))
    if code is _Code.UNAVAILABLE and more.get("code") is None:
        return _unreached(worker, said)
    if code is _Code.NOT_FOUND and more.get("field") == "session":
        return ProviderDown(f"The voice worker {worker} was started anew, or let go of this line. Try again.")
    if code is _Code.DEADLINE_EXCEEDED:
        late = f"The voice worker {worker} took too long. Try again, or split the line."
        return ProviderDown(late, late=True)
    kind = _NAMED.get(str(more.get("code")), _BY_CODE.get(code, ProviderDown))
    return kind(f"{worker}: {said}" if said else None, field=more.get("field"))


def is_silence(problem: SpeechError) -> bool:
    """Whether nobody is there at all, as far as one can tell: nothing else is to be mended."""
    return isinstance(problem, ProviderDown) and not problem.facts.get("reached")


def _unreached(worker: str, said: str) -> ProviderDown:
    """No call got through; the library's words tell whether there was anybody."""
    if "WRONG_VERSION_NUMBER" in said:
        way_out = "speaks without TLS. Give it a certificate, or unset VIRALTRACKER_WORKER_AUTHORITY"
    elif "security handshaker" in said:
        way_out = "can't be judged: VIRALTRACKER_WORKER_AUTHORITY holds no certificate. Set the right file"
    elif "handshake failed" in said:
        way_out = (
            "shows a certificate that the authority didn't sign, or that is for another address. Mend "
            "VIRALTRACKER_WORKER_AUTHORITY, or the worker's tls.certificate"
        )
    elif "failed to connect" in said and "Socket closed" in said:
        way_out = "hangs up. Where it asks for TLS, set VIRALTRACKER_WORKER_AUTHORITY"
    else:
        return ProviderDown(f"The voice worker {worker} doesn't answer. Look whether it runs.")
    return ProviderDown(f"The voice worker {worker} {way_out}.", reached=True)


def _wait_s(said: str | bytes | None) -> float:
    try:
        return min(max(float(said or 1000) / 1000, 0.05), _LONGEST_WAIT_S)
    except ValueError:
        return 1.0


def _shown(text: str) -> str:
    return "".join(char for char in text[:_LONGEST_WORDS] if char.isprintable())
