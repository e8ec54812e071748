"""What is printed: answers on stdout, everything else on stderr, nothing that could rewrite a terminal.

Titles, names, notes and messages may hold what a stranger typed: control characters never get out, and in
JSON they are escaped. Knows no studio.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import click

__all__ = ["plain", "print_json", "print_table", "print_text", "say", "warn"]

_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS = re.compile(r"[\t\n]")
# A pipe has no width: nothing is cut or wrapped for a program that reads.
_ENDLESS = 10_000


def plain(text: object, *, one_line: bool = False) -> str:
    """Text that a terminal can be shown; with `one_line` without line ends and tabs too."""
    clean = _HARMFUL.sub("\ufffd", str(text))
    return _BREAKS.sub(" ", clean) if one_line else clean


def print_text(text: str) -> None:
    """An answer for people, on stdout."""
    click.echo(plain(text))


def print_json(value: object) -> None:
    """An answer for programs: one line of ASCII on stdout."""
    click.echo(json.dumps(value, default=_as_json, allow_nan=False))


def say(text: str) -> None:
    """What goes on, on stderr."""
    click.echo(plain(text), err=True)


def warn(text: str) -> None:
    """What a person should know though the command goes on, on stderr."""
    click.echo(click.style("warning: ", fg="yellow") + plain(text), err=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under their columns' names, on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else plain(cell, one_line=True)) for cell in row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else _ENDLESS, highlight=False).print(table)


def _as_json(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
