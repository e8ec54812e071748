"""A voice worker's configuration: a YAML file, checked as a whole, frozen. `config/worker.yaml` explains it.

Secrets are not in it, only the names of environment variables; their values are read from a mapping that the
caller hands in. Knows nothing about what the values are used for.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from viraltracker.errors import SettingsRefused
from viraltracker.worker.csm.attempts import MOST_ATTEMPTS
from viraltracker.worker.model import LINE_CHARS
from viraltracker.worker.names import is_family, is_name, shown
from viraltracker.worker.shelf import Rules
from viraltracker.worker.yaml_files import read_mapping, refusals

__all__ = [
    "Config",
    "Csm",
    "HostPort",
    "Limits",
    "Live",
    "ResidencyTimes",
    "Tls",
    "changed",
    "host_port",
    "read_config",
]

TOKEN_CHARS: Final = 16
"""The shortest token: a guess a millisecond still takes longer than anybody waits."""

_HOST_PORT: Final = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[a-z0-9.-]+)):(?P<port>[0-9]{1,5})")


class HostPort(NamedTuple):
    """Where something listens."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine gets there."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_every_address(self) -> bool:
        """Whether it stands for all addresses of this machine: good for listening, not for finding it."""
        try:
            return ipaddress.ip_address(self.host).is_unspecified
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def host_port(text: str) -> HostPort:
    """An address as it is written, `host:port` or `[::1]:port`. Raises `ValueError` with words."""
    found = _HOST_PORT.fullmatch(text.lower())
    if found is None or int(found["port"]) > 65_535:
        raise ValueError("an address is written host:port, like 127.0.0.1:50051")
    return HostPort(found["six"] or found["host"], int(found["port"]))


def _address(text: str) -> str:
    return str(host_port(text))


def _advertised(text: str) -> str:
    if text and host_port(text).is_every_address:
        raise ValueError("that is no address to come to; write this machine's name or one of its addresses")
    return _address(text) if text else ""


def _own_address(text: str) -> str:
    if text and not host_port(text).is_loopback:
        raise ValueError("figures are for this machine alone; use 127.0.0.1, and a collector beside it")
    return str(host_port(text)) if text else ""


def _variable(name: str) -> str:
    # The value may be a secret that somebody took for the right thing to write here: it is not shown.
    if name and not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,79}", name):
        raise ValueError("that is no environment variable's name, which has capitals, digits and underscores")
    return name


def _name(text: str) -> str:
    if not is_family(text):
        raise ValueError("a name has a-z, 0-9, dots, hyphens and underscores")
    return text


def _model_id(text: str) -> str:
    family, _, name = text.partition("/")
    if text and not (is_family(family) and is_name(name)):
        raise ValueError("a model is written engine/name, like espeak/espeak-ng")
    return text


def _path(value: object, info: ValidationInfo) -> object:
    """From the file's folder on, which the context names."""
    if not (isinstance(value, str) and value and value.isprintable()):
        raise ValueError("a path is one line of text; leave it empty for none")
    try:
        return Path((info.context or {}).get("folder", "."), Path(value).expanduser())
    except RuntimeError as unknown_user:
        raise ValueError("there is no home folder of that name; write the whole path") from unknown_user


def _file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


EnvironmentName = Annotated[str, AfterValidator(_variable)]
ModelId = Annotated[str, AfterValidator(_model_id)]
Seconds = Annotated[float, Field(ge=0, le=7 * 86_400, allow_inf_nan=False)]
Folder = Annotated[Path, BeforeValidator(_path)]
File = Annotated[Path, BeforeValidator(_path), AfterValidator(_file)]
Engine = Literal["csm", "espeak", "piper", "openai", "tone"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class ResidencyTimes(_Part):
    """Which models are in memory; `Rules` says what comes of it."""

    ttl_s: Seconds = 600
    min_residency_s: Seconds = 120
    check_s: Annotated[float, Field(ge=1, le=3600)] = 30
    cap: Annotated[int, Field(ge=1, le=64)] = 3
    warm_up_ms: Annotated[int, Field(ge=0, le=5_000)] = 300


class Limits(_Part):
    """What one worker takes."""

    sessions: Annotated[int, Field(ge=1, le=1_024)] = 16
    idle_session_s: Annotated[float, Field(ge=1, le=86_400)] = 300
    text_chars: Annotated[int, Field(ge=1, le=LINE_CHARS)] = LINE_CHARS
    message_bytes: Annotated[int, Field(ge=65_536, le=64 << 20)] = 1 << 20
    queue: Annotated[int, Field(ge=1, le=65_536)] = 256
    batch: Annotated[int, Field(ge=1, le=128)] = 64


class Live(_Part):
    """How far frames run ahead of what is heard."""

    lead_ms: Annotated[int, Field(ge=20, le=2_000)] = 60


FrameKind = Literal["plain", "compiled", "fused", "overlapped"]
"""How CSM's frames are made; config/worker.yaml tells what each is."""


class Csm(_Part):
    """How CSM speaks: lines at once, adapters at once, and where."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    slots: Annotated[int, Field(ge=1, le=32)] = 8
    positions: Annotated[int, Field(ge=128, le=2_048)] = 2_048
    voices: Annotated[int, Field(ge=1, le=64)] = 8
    rank: Annotated[int, Field(ge=1, le=128)] = 32
    attempts: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS)] = MOST_ATTEMPTS
    merge: bool = False
    frames: FrameKind = "plain"
    hang_s: Annotated[float, Field(ge=5, le=3_600)] = 60


class Tls(_Part):
    """Certificate with its chain and its private key, PEM; both or none."""

    certificate: File | None = None
    key: File | None = None

    @model_validator(mode="after")
    def _both(self) -> "Tls":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a certificate needs its key, and a key its certificate; set both")
        return self


class Config(_Part):
    """All of it. What differs from the defaults comes from the file."""

    name: Annotated[str, AfterValidator(_name)] = "voice-worker"
    address: Annotated[str, AfterValidator(_address)] = "127.0.0.1:50051"
    advertise: Annotated[str, AfterValidator(_advertised)] = ""
    packs: Folder | None = None
    engines: tuple[Engine, ...] = Field(default=("espeak", "piper", "openai"), min_length=1, strict=False)
    default: ModelId = "espeak/espeak-ng"
    preload: tuple[ModelId, ...] = Field(default=(), max_length=64, strict=False)
    residency: ResidencyTimes = ResidencyTimes()
    limits: Limits = Limits()
    live: Live = Live()
    csm: Csm = Csm()
    tls: Tls = Tls()
    token_env: EnvironmentName = ""
    metrics: Annotated[str, AfterValidator(_own_address)] = "127.0.0.1:9109"
    redis_url_env: EnvironmentName = "REDIS_URL"
    log: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _fit_together(self) -> "Config":
        lacking = [id_ for id_ in sorted(self.pinned) if id_.partition("/")[0] not in self.engines]
        if lacking:
            raise ValueError(f"{lacking[0]} needs its engine; add it to engines, or choose another model")
        if len(self.pinned) > self.residency.cap:
            raise ValueError(
                f"default and preload are {len(self.pinned)} models, more than residency.cap "
                f"({self.residency.cap}); raise it, or preload fewer"
            )
        if not host_port(self.address).is_loopback and not (self.tls.certificate and self.token_env):
            raise ValueError(
                "the address is open to other machines; set tls.certificate, tls.key and token_env, "
                "or use 127.0.0.1"
            )
        return self

    @property
    def pinned(self) -> frozenset[str]:
        """The default and what is preloaded."""
        return frozenset({self.default, *self.preload} - {""})

    @property
    def rules(self) -> Rules:
        """Which models may go, and when."""
        times = self.residency
        return Rules(times.cap, times.ttl_s, times.min_residency_s, self.pinned)

    def token(self, environ: Mapping[str, str]) -> str | None:
        """The token that clients must show; None: none is asked for. Raises `SettingsRefused`."""
        if not self.token_env:
            return None
        token = environ.get(self.token_env, "").strip()
        if len(token) < TOKEN_CHARS or not (token.isascii() and token.isprintable()) or " " in token:
            raise SettingsRefused(
                f"{self.token_env} should hold the worker's token: {TOKEN_CHARS} or more letters and digits. "
                "Set it, or leave `token_env` empty."
            )
        return token

    def redis_url(self, environ: Mapping[str, str]) -> str | None:
        """The registry's address, which may hold a password; None: there is none."""
        return environ.get(self.redis_url_env, "").strip() or None if self.redis_url_env else None

    def secrets(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """The values that may never be seen."""
        named = (self.token_env, self.redis_url_env)
        return tuple(environ[name].strip() for name in named if environ.get(name, "").strip())


def read_config(path: Path) -> Config:
    """A worker's configuration. Raises `SettingsRefused`, a line for each thing to mend."""
    said: dict[str, Any] = read_mapping(path)
    try:
        return Config.model_validate(said, context={"folder": path.parent})
    except ValidationError as error:
        lines = [f"{shown(path.name)}: {line}" for line in refusals(error, Config)]
        raise SettingsRefused("\n".join(lines)) from None


def changed(config: Config, changes: Mapping[str, Any]) -> Config:
    """The configuration with some of its first keys changed. Raises `SettingsRefused`."""
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in changes.items()}
    said = {**config.model_dump(mode="json", exclude_unset=True), **plain}
    try:
        return Config.model_validate(said)
    except ValidationError as error:
        raise SettingsRefused("\n".join(refusals(error, Config))) from None
