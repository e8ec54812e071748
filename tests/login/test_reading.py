"""What `[auth]` in the secrets may say; and that nothing half written opens a studio without a door."""

import tomllib
from pathlib import Path

import pytest

from viraltracker.errors import SettingsRefused
from viraltracker.ui.login import Login, read_login, read_secrets

ROOT = Path(__file__).parents[2]
PROVIDER = {
    "client_id": "studio",
    "client_secret": "s" * 20,
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
}
SHARED = {"redirect_uri": "https://studio.example.org/oauth2callback", "cookie_secret": "c" * 32}
PLAIN = {**SHARED, **PROVIDER}


def test_one_provider_or_several_by_name() -> None:
    assert read_login(PLAIN) == Login("https://studio.example.org", ("",))
    assert read_login({**PLAIN, "client_kwargs": {"scope": "openid"}}).providers == ("",)
    assert read_login({**SHARED, "google": PROVIDER, "okta": PROVIDER}).providers == ("google", "okta")
    here = read_login({**PLAIN, "redirect_uri": "http://127.0.0.1:{port}/oauth2callback"})
    assert here.host == "127.0.0.1"
    assert here.address_at(8600) == "http://127.0.0.1:8600"


def test_the_example_is_refused_until_its_secret_is_ones_own() -> None:
    example = tomllib.loads((ROOT / ".streamlit" / "secrets.example.toml").read_text())["auth"]
    with pytest.raises(SettingsRefused, match=r"cookie_secret in \[auth\]"):
        read_login(example)
    assert read_login({**example, "cookie_secret": "c" * 32}).host == "studio.example.org"


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ({}, "redirect_uri in [auth]"),
        (SHARED, "client_id in [auth]"),
        ({**PLAIN, "cookie_secret": "short"}, "cookie_secret in [auth]"),
        ({**PLAIN, "redirect_uri": "https://studio.example.org/"}, "with /oauth2callback behind it"),
        (
            {**PLAIN, "redirect_uri": "https://x.example.org/a/oauth2callback"},
            "with /oauth2callback behind it",
        ),
        ({**PLAIN, "redirect_uri": "https:///oauth2callback"}, "must be a whole address"),
        ({**SHARED, "my_okta": PROVIDER}, "a name without a _"),
        ({**PLAIN, "redirect_uri": "http://studio.example.org/oauth2callback"}, "must begin with https://"),
        ({**PLAIN, "server_metadata_url": "http://id.example.org/x"}, "server_metadata_url in [auth]"),
        ({**SHARED, "google": {**PROVIDER, "client_secret": ""}}, "client_secret in [auth.google]"),
    ],
)
def test_what_can_not_be_used_is_refused_without_its_value(auth: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_login(auth)
    assert words in refused.value.message
    for secret in ("short", "s" * 20, "c" * 32):
        assert secret not in refused.value.message


@pytest.mark.parametrize("text", [None, "", '[other]\nx = "y"\n'])
def test_without_the_table_nobody_signs_in(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    if text is not None:
        file.write_text(text)
    assert read_secrets([str(file)]) is None


@pytest.mark.parametrize("broken", [b"[auth\n", b"[auth]\n", b"auth = 7\n", b"\xff", None])
def test_a_file_that_is_there_and_broken_opens_no_studio_without_login(
    broken: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "secrets.toml"
    file.mkdir() if broken is None else file.write_bytes(broken)
    with pytest.raises(SettingsRefused, match=r"secrets\.toml"):
        read_secrets([str(tmp_path / "none.toml"), str(file)])


def test_the_later_file_is_above_the_other(tmp_path: Path) -> None:
    files = [tmp_path / "first.toml", tmp_path / "second.toml"]
    for number, file in enumerate(files):
        lines = {**PLAIN, "redirect_uri": f"https://studio{number}.example.org/oauth2callback"}
        auth = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
        file.write_text(f'[auth]\n{auth}[people]\nmay_enter = ["One@example.org", "@example.com"]\n')
    people = frozenset({"one@example.org", "@example.com"})
    assert read_secrets(map(str, files)) == Login("https://studio1.example.org", ("",), people)


@pytest.mark.parametrize(
    ("said", "in_", "out"),
    [
        (
            '["one@example.org"]',
            ["one@example.org", "ONE@Example.org"],
            ["two@example.org", "", "@example.org"],
        ),
        (
            '["@example.org"]',
            ["one@example.org"],
            ["one@sub.example.org", "one@example.com", "example.org", ""],
        ),
        ('"everybody"', ["", "anybody@example.com"], []),
    ],
)
def test_who_may_enter(said: str, in_: list[str], out: list[str], tmp_path: Path) -> None:
    way = read_secrets([str(secrets(tmp_path, f"[people]\nmay_enter = {said}\n"))])
    assert way is not None
    assert [email for email in [*in_, *out] if way.lets_in(email)] == in_


@pytest.mark.parametrize(
    "people",
    [
        "",
        "[people]\n",
        "[people]\nmay_enter = []\n",
        "[people]\nmay_enter = 7\n",
        '[people]\nmay_enter = "all"\n',
        '[people]\nmay_enter = ["example.org"]\n',
        '[people]\nmay_enter = ["one@example.org", 7]\n',
        '[people]\nmay_enter = "everybody"\nmay_leave = "nobody"\n',
    ],
)
def test_a_login_that_does_not_say_who_may_enter_is_refused(people: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="people"):
        read_secrets([str(secrets(tmp_path, people))])


def secrets(folder: Path, people: str) -> Path:
    """A file with a login, and this beside it."""
    file = folder / "secrets.toml"
    file.write_text("[auth]\n" + "".join(f'{name} = "{value}"\n' for name, value in PLAIN.items()) + people)
    return file
