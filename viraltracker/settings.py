"""What a person may set, read once from the environment, and where the files we ship lie.

`read_settings` is called by the studio and the command line alone; everyone else is handed values. Knows
nothing about what the values are used for. `python -m viraltracker.settings` prints the README's table.
"""

import difflib
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from viraltracker import setting_checks as check
from viraltracker.errors import SettingsRefused

__all__ = [
    "Settings",
    "Shipped",
    "read_settings",
    "resource",
    "safe_address",
    "safe_model_url",
    "settings_table",
]

Shipped = Literal["sql", "pages", "examples", ".streamlit"]

PREFIX = "VIRALTRACKER_"


def _default_data() -> Path:
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/viraltracker")
    usual = platformdirs.user_data_path("viraltracker", appauthor=False)
    # macOS says "Application Support", and the embedded Postgres doesn't start below a blank.
    return usual if " " not in str(usual) else Path.home() / ".viraltracker"


class Settings(BaseSettings):
    """Everything that can be set, checked and frozen. Secrets show as stars wherever they are printed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        validate_by_name=True,
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        validate_default=False,
    )

    data: Annotated[Path, AfterValidator(check.data_folder)] = Field(
        default_factory=_default_data,
        description="The folder of the database, the audio and the backups. Short, without blanks.",
    )
    database_url: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.postgres_url)] | None
    ) = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="Another Postgres instead of the embedded one: `postgresql://...`.",
    )
    supabase_url: Annotated[str, AfterValidator(check.provider_url)] | None = Field(
        default=None,
        validation_alias="SUPABASE_URL",
        description="A Supabase project: audio in its bucket and, without DATABASE_URL, rows over its HTTP.",
    )
    supabase_key: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.secret_key)] | None
    ) = Field(
        default=None,
        validation_alias="SUPABASE_KEY",
        description="That project's public key, anon or publishable. Goes with SUPABASE_URL.",
    )
    supabase_jwt_secret: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.secret_key)] | None
    ) = Field(
        default=None,
        validation_alias="SUPABASE_JWT_SECRET",
        description="That project's JWT secret: the studio signs with it whom it acts for.",
    )
    elevenlabs_api_key: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.secret_key)] | None
    ) = Field(
        default=None,
        validation_alias="ELEVENLABS_API_KEY",
        description="The key of your ElevenLabs account. Without it the embedded voices speak.",
    )
    elevenlabs_base_url: Annotated[str, AfterValidator(check.provider_url)] = Field(
        default="https://api.elevenlabs.io",
        description="Where ElevenLabs answers: https, or http on this machine.",
    )
    elevenlabs_concurrency: int = Field(
        default=5,
        ge=1,
        le=100,
        description="How many ElevenLabs calls your plan takes at once, over all workers.",
    )
    ffmpeg: Annotated[Path, AfterValidator(check.program)] | None = Field(
        default=None,
        description="The ffmpeg to use. Unset: the one on the PATH, else the one that was installed along.",
    )
    agent_model: str | None = Field(
        default=None,
        max_length=200,
        description="The agent's model as `provider:name`. Unset: what the Agent page says, else no agent.",
    )
    agent_base_url: Annotated[str, AfterValidator(check.model_url)] | None = Field(
        default=None,
        description="Where an OpenAI-compatible server answers: Ollama, llama.cpp, vLLM and others.",
    )
    agent_api_key: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.secret_key)] | None
    ) = Field(
        default=None,
        description="The key for the agent's base URL, where that server wants one.",
    )
    speech_key: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.secret_key)] | None
    ) = Field(
        default=None,
        description="The key for the speech server, where that server wants one.",
    )
    speech_url: Annotated[str, AfterValidator(check.speech_url)] | None = Field(
        default=None,
        description="Where an OpenAI-compatible speech server answers: Kokoro-FastAPI, speaches and others.",
    )
    workers: Annotated[str, AfterValidator(check.worker_addresses)] = Field(
        default="127.0.0.1:50051",
        description="Where voice workers answer: `host:port`, several with commas between.",
    )
    worker_token: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.secret_key)] | None
    ) = Field(default=None, description="The token that voice workers on other machines ask for.")
    worker_authority: Annotated[Path, AfterValidator(check.readable)] | None = Field(
        default=None,
        description="Who signed the voice workers' certificates, a PEM file. Unset: whom the system trusts.",
    )
    redis_url: (
        Annotated[SecretStr, BeforeValidator(check.stripped), AfterValidator(check.redis_url)] | None
    ) = Field(
        default=None,
        validation_alias="REDIS_URL",
        description=(
            "A registry of voice workers: `redis://...`. A list that is set counts while it doesn't answer."
        ),
    )
    address: Annotated[str, AfterValidator(check.any_address)] = Field(
        default="127.0.0.1",
        description="Where the studio listens. Others can reach it only where people sign in.",
    )
    port: int = Field(default=8501, ge=1, le=65535, description="The studio's port.")
    log: Literal["auto", "json", "text"] = Field(
        default="auto",
        description="`json`: one line per event; `text`: for people; `auto`: text on a terminal, else json.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = Field(
        default="info", description="What is logged at least: `debug`, `info`, `warning` or `error`."
    )
    worker_concurrency: int = Field(
        default=8, ge=1, le=64, description="How many jobs one job worker runs at the same time."
    )
    piper_voices_url: Annotated[str, AfterValidator(check.catalogue_url)] = Field(
        default="https://huggingface.co/rhasspy/piper-voices/resolve/main",
        description="The catalogue that Piper voices are installed from: https, or http on this machine.",
    )

    @property
    def workers_named(self) -> bool:
        """Whether somebody said where voice workers are; else one on this machine is used if it is there."""
        return self.redis_url is not None or "workers" in self.model_fields_set

    @property
    def over_http(self) -> bool:
        """Whether the rows are reached over Supabase's HTTP alone, and so the job queue not at all."""
        return self.supabase_url is not None and self.database_url is None

    def secrets(self) -> tuple[str, ...]:
        """The values that may never be seen."""
        keys = (self.elevenlabs_api_key, self.agent_api_key, self.speech_key, self.worker_token)
        held = (self.database_url, self.redis_url, self.supabase_key, self.supabase_jwt_secret, *keys)
        return tuple(each.get_secret_value() for each in held if each is not None)


def _variable(name: str, field: FieldInfo) -> str:
    return field.validation_alias if isinstance(field.validation_alias, str) else PREFIX + name.upper()


def _variables() -> dict[str, FieldInfo]:
    return {_variable(name, field): field for name, field in Settings.model_fields.items()}


def _unknown(known: dict[str, FieldInfo]) -> list[str]:
    # Compared without the prefix, which would make every name look near to every other.
    by_rest = {name.removeprefix(PREFIX): name for name in known}
    complaints = []
    for name in sorted(os.environ):
        if not name.upper().startswith(PREFIX) or name.upper() in known:
            continue
        near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), by_rest, n=1)
        way_out = (
            f"Did you mean {by_rest[near[0]]}?" if near else "Remove it; the README lists what can be set."
        )
        complaints.append(f"{name}: there is no such setting. {way_out}")
    return complaints


def _refusal(error: ValidationError) -> list[str]:
    """Pydantic's findings, each naming its variable; a value is in one only where a check of ours put it."""
    by_field = {name: _variable(name, field) for name, field in Settings.model_fields.items()}
    lines = []
    for finding in error.errors(include_url=False, include_input=False):
        name = str(finding["loc"][0])
        cause = finding.get("ctx", {}).get("error")
        if finding["type"] == "int_parsing":
            said = "it should be a whole number"
        else:
            said = str(cause) if cause is not None else finding["msg"].replace("Input should", "it should")
        lines.append(f"{by_field.get(name, name)}: {said}.")
    return lines


def read_settings() -> Settings:
    """The environment's settings. Raises `SettingsRefused`, a line for each thing to mend; never a secret."""
    complaints = _unknown(_variables())
    try:
        settings = Settings()
    except ValidationError as error:
        complaints += _refusal(error)
    if complaints:
        raise SettingsRefused("\n".join(complaints))
    return settings


def safe_address(text: str) -> str:
    """An address from elsewhere (an option), checked as the setting is. Raises `SettingsRefused`."""
    try:
        return check.own_address(text.strip())
    except ValueError as reason:
        raise SettingsRefused(f"The address can't be used: {reason}.") from None


def safe_model_url(text: str, *, keyed: bool) -> str:
    """A model server's address from a page, checked as the setting is; `keyed`: a key would travel there.

    Raises `SettingsRefused`.
    """
    try:
        return check.provider_url(text.strip()) if keyed else check.model_url(text.strip())
    except ValueError as reason:
        raise SettingsRefused(f"The model's address can't be used: {reason}.") from None


def resource(name: Shipped) -> Path:
    """The folder of files we ship: inside the installed package, else in the checkout it runs from."""
    package = Path(__file__).parent
    for folder in (package / "_shipped" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise SettingsRefused(
        f"The installation is incomplete: its folder {name!r} is missing. Install viraltracker again."
    )


def _default(field: FieldInfo) -> str:
    if field.default_factory is _default_data:
        return "your user data folder; as root `/var/lib/viraltracker`"
    return "not set" if field.default is None else f"`{field.default}`"


def settings_table() -> str:
    """Every setting with its meaning and default, as a Markdown table."""
    rows = [f"| `{name}` | {field.description} | {_default(field)} |" for name, field in _variables().items()]
    return "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(settings_table() + "\n")
