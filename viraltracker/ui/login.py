"""Whether people sign in here, with whom, and who somebody is.

Streamlit's own login (OpenID Connect) does the work; the table `[auth]` of its secrets says with which
providers, and `[people]` who may enter. Without `[auth]` there is one local user. A table that is there and
can't be used is refused: a studio that was meant to have a login never opens without one.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

import streamlit as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from streamlit import config

from viraltracker.errors import SettingsRefused
from viraltracker.studio import Person, Seat
from viraltracker.ui.loopback import is_loopback

__all__ = ["Login", "Visitor", "guest", "login", "read_login", "read_secrets", "visitor", "visitor_by"]

_CALLBACK: Final = "/oauth2callback"
_SECRET_CHARS: Final = 32
_MOST_CHARS: Final = 200
_EVERYBODY: Final = "everybody"
_BEHIND = "`docs/hosting.md` shows a whole one."


@dataclass(frozen=True, slots=True)
class Login:
    """How people sign in: the studio's own `address`, as browsers see it, with `{port}` where its port may be
    put in; the `providers` by name, "" being unnamed; who `may_enter`, None being whomever they sign in."""

    address: str
    providers: tuple[str, ...]
    may_enter: frozenset[str] | None = frozenset()

    def lets_in(self, email: str) -> bool:
        """Whether somebody may enter for whose `email` the provider vouches; "": it vouches for none."""
        if self.may_enter is None:
            return True
        whole = email.casefold()
        local, _, domain = whole.rpartition("@")
        return bool(local) and not self.may_enter.isdisjoint({whole, f"@{domain}"})

    @property
    def host(self) -> str:
        """The name that the studio goes by."""
        return urlsplit(self.address.replace("{port}", "0")).hostname or ""

    def address_at(self, port: int) -> str:
        """The address of the studio that listens on `port`."""
        return self.address.replace("{port}", str(port))


def _safe(address: str) -> str:
    parts = urlsplit(address.replace("{port}", "0"))
    if not parts.hostname:
        raise ValueError("must be a whole address, like https://studio.example.org/oauth2callback")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("must begin with https://, or with http:// on this machine")
    return address


def _callback(address: str) -> str:
    if urlsplit(address.replace("{port}", "0")).path != _CALLBACK:
        raise ValueError(f"must be the studio's own address with {_CALLBACK} behind it")
    return address


class _Provider(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    server_metadata_url: Annotated[str, AfterValidator(_safe)]


class _Auth(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)
    redirect_uri: Annotated[str, AfterValidator(_callback), AfterValidator(_safe)]
    cookie_secret: SecretStr = Field(min_length=_SECRET_CHARS)


def _entrants(said: object) -> object:
    if said == _EVERYBODY:
        return None
    entries = said if isinstance(said, list) else [said]
    named = {one.casefold() for one in entries if isinstance(one, str) and "@" in one and one == one.strip()}
    if not entries or len(named) < len(entries):
        raise ValueError(f'must be addresses, domains like "@example.org", or "{_EVERYBODY}"')
    return frozenset(named)


class _People(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    may_enter: Annotated[frozenset[str] | None, BeforeValidator(_entrants)]


@cache
def login() -> Login | None:
    """How people sign in; None where nobody does. Read once, as the doorway is. Raises `SettingsRefused`."""
    return read_secrets(config.get_option("secrets.files"))


def read_secrets(files: Iterable[str]) -> Login | None:
    """The same from these files, a later one above the others, as Streamlit reads them."""
    found: dict[str, Any] = {}
    for path in map(Path, files):
        try:
            found |= tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as broken:  # TOML's and Unicode's errors are ValueErrors
            said = broken.strerror if isinstance(broken, OSError) else "it is no TOML"
            raise SettingsRefused(f"{path} can't be read ({said}). Mend it, or take it away.") from None
    if "auth" not in found:
        return None
    if not isinstance(found["auth"], Mapping):
        raise SettingsRefused(f"auth in secrets.toml is no table. {_BEHIND}")
    people = found.get("people")
    if not isinstance(people, Mapping):
        raise SettingsRefused(f"secrets.toml has no table [people], which says who may enter. {_BEHIND}")
    entrants = _checked(_People, "people", people).may_enter
    return replace(read_login(found["auth"]), may_enter=entrants)


def read_login(auth: Mapping[str, Any]) -> Login:
    """The table `[auth]` of the secrets, checked; nobody may enter yet. Raises `SettingsRefused`, which shows
    no value."""
    shared = _checked(_Auth, "auth", auth)
    tables = {name: part for name, part in auth.items() if isinstance(part, Mapping)}
    named = {name: part for name, part in tables.items() if name != "client_kwargs"}
    if "client_id" in auth or not named:
        named = {"": auth, **named}
    for name, part in named.items():
        if "_" in name:  # Streamlit's rule
            raise SettingsRefused(
                f"The provider [auth.{name}] in secrets.toml needs a name without a _. {_BEHIND}"
            )
        _checked(_Provider, f"auth.{name}".rstrip("."), part)
    return Login(shared.redirect_uri.removesuffix(_CALLBACK), tuple(named))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who has signed in at a browser tab, and whether they may enter."""

    person: Person
    may_enter: bool
    vouched_email: str = ""

    @property
    def home(self) -> Seat:
        """Their seat in their own studio."""
        return Seat(self.person.id, self.person.id, self.person.called[:_MOST_CHARS], self.vouched_email)


def visitor() -> Visitor | None:
    """Who has signed in at this tab; None where nobody has."""
    way = login()
    return None if way is None or not st.user.is_logged_in else visitor_by(way, st.user)


def visitor_by(way: Login, claims: Mapping[str, Any]) -> Visitor | None:
    """Whom an identity provider's claims are about; None where they name nobody."""
    said = {name: str(claims.get(name) or "") for name in ("iss", "sub", "email", "name")}
    if not said["iss"] or not said["sub"]:
        return None
    vouched_for = said["email"] if str(claims.get("email_verified")).casefold() == "true" else ""
    known = Person(said["iss"], said["sub"], said["email"][:_MOST_CHARS], said["name"][:_MOST_CHARS])
    return Visitor(known, way.lets_in(vouched_for), vouched_for.casefold()[:_MOST_CHARS])


def guest() -> Visitor | None:
    """Who this browser tab belongs to; None while nobody has signed in there who may enter."""
    found = visitor()
    return found if found is not None and found.may_enter else None


M = TypeVar("M", bound=BaseModel)


def _checked(model: type[M], table: str, values: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(dict(values))
    except ValidationError as refused:
        first = refused.errors(include_input=False, include_context=False)[0]
        name, why = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        message = f"{name} in [{table}] of secrets.toml can't be used: {why}. {_BEHIND}"
        raise SettingsRefused(message) from None
