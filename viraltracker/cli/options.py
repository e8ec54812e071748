"""Options and arguments that several commands share, with one meaning everywhere."""

from pathlib import Path

import click

__all__ = [
    "engine_option",
    "json_option",
    "leave_out_option",
    "out_option",
    "session_argument",
    "stereo_option",
]

json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON on stdout.")

session_argument = click.argument("session")
"""SESSION: an id, the beginning of one, or a whole title."""

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write. One that is there is replaced, when the new one is complete.",
)
stereo_option = click.option("--stereo", is_flag=True, help="Stereo at -16 LUFS instead of mono at -19.")
leave_out_option = click.option(
    "--leave-out", is_flag=True, help="Leave beats without a picked take out, instead of refusing."
)
engine_option = click.option(
    "--engine",
    metavar="NAME",
    help="Speak with this engine (espeak, elevenlabs, openai); profiles stay as they are.",
)
