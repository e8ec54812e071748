"""Streamlit's configuration as the studio wants it, from the one file we ship (`.streamlit/config.toml`).

Streamlit looks for that file in the working directory alone. `streamlit_config` gives it as a mapping for
`App.run(config=...)`, and `apply_defaults` sets it where somebody else's server (uvicorn) was started.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streamlit import config

from viraltracker.settings import resource
from viraltracker.ui.login import login

__all__ = ["apply_defaults", "config_file", "streamlit_config"]

_DECIDED_ALREADY = ("server.address", "server.headless")
"""By the time an application is loaded its server is bound: the doorway asks where, so nobody may pretend."""


def config_file() -> Path:
    """The shipped `config.toml`."""
    return resource(".streamlit") / "config.toml"


def streamlit_config(**overrides: Any) -> dict[str, Any]:
    """The shipped options by dotted name, with `overrides` (`server_port=8600` for `server.port`) on top.

    With login the studio goes by the name that its identity provider knows.

    Nothing is written to Streamlit. Unknown names are refused by Streamlit itself.
    """
    options = dict(_flatten(tomllib.loads(config_file().read_text(encoding="utf-8"))))
    way = login()
    if way is not None:
        options["server.allowedHosts"] = [*options["server.allowedHosts"], way.host]
        options["browser.serverAddress"] = way.host
    for name, value in overrides.items():
        section, _, option = name.partition("_")
        options[f"{section}.{option}"] = value
    return options


def apply_defaults() -> None:
    """Set every shipped option that nobody has set by file, variable or flag."""
    for name, value in streamlit_config().items():
        if name not in _DECIDED_ALREADY and not config.is_manually_set(name):
            config.set_option(name, value)


def _flatten(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        dotted = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flatten(value, dotted + ".")
        else:
            yield dotted, value
