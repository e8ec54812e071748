"""Where the command meets its caller: exit codes, how an error is told, and what a signal does.

Exit codes: 0 done; 1 there are findings (errors in a script, damage in the store); 2 bad input or usage,
nothing was changed; 3 something failed that is not the caller's fault; 130 and 143 stopped by a signal.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import click

from viraltracker.cli.screen import plain, print_json, say
from viraltracker.errors import BadInput, NeedsKey, StudioError

__all__ = ["BAD_INPUT", "BROKEN_PIPE", "FAILED", "FINDINGS", "exit_code", "finding_line", "tell"]

FINDINGS, BAD_INPUT, FAILED, INTERRUPTED = 1, 2, 3, 130
BROKEN_PIPE = 141
"""Whoever read our answer has gone; what a shell calls it."""


def exit_code(command: Callable[[], object], as_json: bool) -> int:
    """Run a command; tell its error, if any, on stderr, or with `as_json` on stdout; its exit code.

    A command's own whole number is its code; None is 0.
    """
    try:
        code = command()
    except (Exception, KeyboardInterrupt, BaseExceptionGroup) as error:  # noqa: BLE001 - the process's edge
        return _told(error, as_json)
    if not _flushed():
        return BROKEN_PIPE
    return code if isinstance(code, int) else 0


def finding_line(file: str, found: Any) -> str:
    """A diagnostic as compilers write it: `file:line:column: severity[code] message`, the hint below."""
    line = f"{file}:{found.line}:{found.column}: {found.severity}[{found.code}] {found.message}"
    text = plain(line, one_line=True)
    return f"{text}\n    hint: {plain(found.hint, one_line=True)}" if found.hint else text


def tell(error: StudioError, as_json: bool) -> int:
    """Say an error on stderr, or with `as_json` on stdout; the exit code that goes with it."""
    findings = error.facts.get("diagnostics", ())
    if as_json:
        told: dict[str, Any] = {"code": error.code, "message": error.message}
        print_json(
            {"error": {**told, "diagnostics": [_finding(found) for found in findings]} if findings else told}
        )
    else:
        for found in findings:
            say(finding_line(str(error.facts.get("file", "script")), found))
        click.echo(click.style("error: ", fg="red") + plain(error.message), err=True)
    return BAD_INPUT if isinstance(error, BadInput | NeedsKey) else FAILED


def _flushed() -> bool:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain about it once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _finding(found: Any) -> dict[str, Any]:
    from viraltracker.script import diagnostic_to_json

    return diagnostic_to_json(found)


def _told(error: BaseException, as_json: bool) -> int:
    # Of tasks that failed together the first error that has a name is the cause; the others follow from it.
    leaves = list(_leaves(error))
    named = next((leaf for leaf in leaves if isinstance(leaf, StudioError | click.ClickException)), leaves[0])
    if isinstance(named, StudioError):
        return tell(named, as_json)
    if isinstance(named, click.ClickException):
        _tell_usage(named, as_json)
        return BAD_INPUT
    if isinstance(named, click.Abort | KeyboardInterrupt):
        say("Stopped.")
        return INTERRUPTED
    return _tell_unknown(named, as_json)


def _tell_usage(refused: click.ClickException, as_json: bool) -> None:
    if as_json:
        print_json({"error": {"code": "Usage", "message": refused.format_message()}})
    else:
        refused.show()


def _tell_unknown(error: BaseException, as_json: bool) -> int:
    with suppress(OSError):
        logging.getLogger("viraltracker.cli").error("command.broke", exc_info=error)
    message = (
        f"The studio met something that it has no name for ({type(error).__name__}). "
        "Nothing that was saved is lost. The line above says where; please report it."
    )
    if as_json:
        print_json({"error": {"code": type(error).__name__, "message": message}})
    else:
        click.echo(click.style("error: ", fg="red") + message, err=True)
    return FAILED


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error
