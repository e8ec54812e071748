import re
import tomllib

import pytest
from streamlit import config as streamlit_options
from streamlit.web.server.starlette.starlette_app import _validate_run_config

from viraltracker.ui.config import config_file, streamlit_config
from viraltracker.ui.routes import ASSETS

TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
TOKENS = {name: (light, dark) for name, light, dark in TOKEN.findall((ASSETS / "tokens.css").read_text())}
SAME = {
    "primaryColor": "accent",
    "backgroundColor": "ground",
    "secondaryBackgroundColor": "panel",
    "textColor": "ink",
    "linkColor": "accent",
    "borderColor": "line",
    "redColor": "failed",
    "orangeColor": "stale",
    "yellowColor": "review",
    "greenColor": "picked",
    "blueColor": "generating",
    "grayColor": "queued",
    "grayTextColor": "faint",
}


def test_streamlit_knows_every_option_we_set() -> None:
    options = streamlit_config()
    assert _validate_run_config(options) == options


def test_the_defaults_are_safe() -> None:
    options = streamlit_config()
    assert options["server.address"] == "127.0.0.1"
    assert options["server.maxUploadSize"] == 64
    assert options["server.enableAgentApi"] is False
    assert set(options["server.allowedHosts"]) == {"localhost", "127.0.0.1", "::1"}
    assert options["client.showErrorDetails"] == "none"
    assert options["client.toolbarMode"] == "minimal"
    assert options["browser.gatherUsageStats"] is False


def test_a_caller_may_override() -> None:
    options = streamlit_config(server_port=8600, server_address="::1")
    assert (options["server.port"], options["server.address"]) == (8600, "::1")
    assert "server.port" in streamlit_options.get_config_options()


@pytest.mark.parametrize(("theme", "column"), [("light", 0), ("dark", 1)])
def test_theme_and_components_have_the_same_colours(theme: str, column: int) -> None:
    colours = tomllib.loads(config_file().read_text())["theme"][theme]
    for option, token in SAME.items():
        assert colours[option] == TOKENS[token][column], option
    assert colours["sidebar"]["backgroundColor"] == TOKENS["sunken"][column]


def test_every_font_is_shipped_with_its_licence() -> None:
    for face in streamlit_config()["theme.fontFaces"]:
        path = ASSETS / face["url"].removeprefix("/studio/assets/")
        assert path.read_bytes()[:4] == b"wOF2"
    licences = [path.read_text() for path in (ASSETS / "fonts").glob("OFL-*.txt")]
    assert len(licences) == 2
    assert all("SIL Open Font License" in text for text in licences)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _mixed(colour: str, ground: str, share: float) -> str:
    parts = [
        round(int(colour[at : at + 2], 16) * share + int(ground[at : at + 2], 16) * (1 - share))
        for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize(
    "token", ["ink", "soft", "faint", "accent", *(name for name in TOKENS if name.endswith("-ink"))]
)
def test_text_is_readable_on_every_surface(token: str, column: int) -> None:
    colour = TOKENS[token][column]
    surfaces = [TOKENS[name][column] for name in ("ground", "panel", "sunken")]
    state = token.removesuffix("-ink")
    if token.endswith("-ink"):  # a badge: its own colour, thin, on a card
        surfaces.append(_mixed(TOKENS[state][column], TOKENS["panel"][column], 0.12))
    for surface in surfaces:
        assert _contrast(colour, surface) >= 4.5, (token, surface)


@pytest.mark.parametrize("column", [0, 1])
def test_text_is_readable_on_the_accent(column: int) -> None:
    assert _contrast(TOKENS["on-accent"][column], TOKENS["accent"][column]) >= 4.5
    assert _contrast(TOKENS["accent"][column], TOKENS["accent-soft"][column]) >= 4.5
