"""Our errors as the wire's status codes. What a client needs beside the words is in the trailing metadata."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn, TypeVar

import grpc

from viraltracker.errors import (
    Conflict,
    Denied,
    NonsenseAnswer,
    NotFound,
    NotLoaded,
    ProviderDown,
    Refused,
    StudioError,
    TextTooLong,
    TooOften,
    TryLater,
)

__all__ = ["refuse", "refusing", "status_of"]

_log = logging.getLogger(__name__)

_Code = grpc.StatusCode
_CODES: Final[tuple[tuple[type[StudioError], grpc.StatusCode], ...]] = (
    (NotFound, _Code.NOT_FOUND),
    (NotLoaded, _Code.FAILED_PRECONDITION),
    (Conflict, _Code.FAILED_PRECONDITION),
    (TryLater, _Code.RESOURCE_EXHAUSTED),
    (TooOften, _Code.RESOURCE_EXHAUSTED),
    (Refused, _Code.INVALID_ARGUMENT),
    (TextTooLong, _Code.INVALID_ARGUMENT),
    (Denied, _Code.PERMISSION_DENIED),
    (ProviderDown, _Code.UNAVAILABLE),
    (NonsenseAnswer, _Code.DATA_LOSS),
)

_Answer = TypeVar("_Answer")


def status_of(problem: StudioError) -> grpc.StatusCode:
    """The code for an error; what isn't a client's doing is FAILED_PRECONDITION: asking again won't help."""
    return next((code for kind, code in _CODES if isinstance(problem, kind)), _Code.FAILED_PRECONDITION)


async def refuse(context: "grpc.aio.ServicerContext[Any, Any]", problem: StudioError) -> NoReturn:
    """End the call with the error."""
    more = [("code", problem.code)]
    if isinstance(field := problem.facts.get("field"), str):
        more.append(("field", field.encode("ascii", "replace").decode()))
    if isinstance(problem, TryLater):
        more.append(("retry-after-ms", str(round(problem.after_s * 1000))))
    await context.abort(status_of(problem), problem.message, tuple(more))
    raise AssertionError  # abort raises


def refusing(
    answer: Callable[..., Awaitable[_Answer]],
) -> Callable[..., Awaitable[_Answer]]:
    """A servicer's method whose errors become refusals; a defect is logged and says no more than that."""

    @functools.wraps(answer)
    async def wrapped(self: Any, request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> _Answer:
        try:
            return await answer(self, request, context)
        except StudioError as problem:
            self.metrics.refused(problem.code)
            await refuse(context, problem)
        except (grpc.aio.AbortError, grpc.aio.UsageError):
            raise
        except Exception as defect:  # noqa: BLE001 - process edge: a defect ends one call, not the worker
            _log.exception("worker.broke", extra={"call": answer.__name__})
            broken = ProviderDown(f"The voice worker failed ({type(defect).__name__}); its log says where.")
            await refuse(context, broken)

    return wrapped
