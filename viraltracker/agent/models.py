"""Which model answers: from the environment, else from the page, else none. Makes no call.

Any model that pydantic-ai names can be set (`anthropic:...`, `openai:...`, `google:...`), and any server that
speaks OpenAI's chat completions, by its base URL: Ollama, llama.cpp, vLLM.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol
from uuid import UUID

from pydantic import SecretStr
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model

from viraltracker.errors import Denied, SettingsRefused
from viraltracker.settings import safe_model_url
from viraltracker.studio import LOCAL_USER
from viraltracker.takes import Records

__all__ = ["NOT_YOURS", "Choice", "Given", "Model", "chosen_model", "make_model", "save_choice"]

_LOCAL_PREFIXES = ("openai:", "openai-chat:", "ollama:", "local:")
NOT_YOURS: Final = (
    "Whoever runs this studio sets the model, with VIRALTRACKER_AGENT_MODEL in its environment."
)
_UNUSED_KEY = "none"  # the library wants one; local servers don't look at it


class Given(Protocol):
    """What the environment says of the model."""

    @property
    def agent_model(self) -> str | None:
        """The model as `provider:name`."""
        ...

    @property
    def agent_base_url(self) -> str | None:
        """Where an OpenAI-compatible server answers."""
        ...

    @property
    def agent_api_key(self) -> SecretStr | None:
        """The key for that server."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The model and, where one is set, its server's address. `source` says who set it."""

    model: str
    base_url: str | None
    source: Literal["environment", "page"]


async def chosen_model(given: Given, records: Records, owner: UUID) -> Choice | None:
    """What is set. The environment wins as a whole: its model with its address.

    The page's word counts for the local user alone. Who signs in is somebody else than who runs the studio,
    whose keys and whose network would answer at an address of theirs.
    """
    if given.agent_model:
        return Choice(given.agent_model, given.agent_base_url, "environment")
    if owner != LOCAL_USER:
        return None
    row = await records.call("studio_agent_settings_v1")
    if row["model"]:
        return Choice(row["model"], row["base_url"] or given.agent_base_url, "page")
    return None


async def save_choice(given: Given, records: Records, owner: UUID, model: str, base_url: str) -> None:
    """Set the model on the page. Raises `SettingsRefused` for one that can't be used, `Denied` for others
    than the local user."""
    if owner != LOCAL_USER:
        raise Denied(NOT_YOURS)
    address = safe_model_url(base_url, keyed=given.agent_api_key is not None) if base_url.strip() else ""
    if model.strip():
        make_model(given, Choice(model.strip(), address or None, "page"))
    await records.call("studio_agent_settings_v1", model=model.strip(), base_url=address)


def make_model(given: Given, choice: Choice) -> Model:
    """The model itself. Raises `SettingsRefused`, which says what is missing."""
    key = given.agent_api_key
    if choice.base_url:
        address = safe_model_url(choice.base_url, keyed=key is not None)
        name = choice.model
        for prefix in _LOCAL_PREFIXES:
            name = name.removeprefix(prefix)
        # Its library takes half a second to load, which MCP and the pages need not wait for at their start.
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        secret = key.get_secret_value() if key else _UNUSED_KEY
        return OpenAIChatModel(name, provider=OpenAIProvider(base_url=address, api_key=secret))
    try:
        return infer_model(choice.model)
    except (UserError, ImportError, ValueError) as refused:
        provider = choice.model.partition(":")[0]
        raise SettingsRefused(
            f'The model "{choice.model}" can\'t be used: {_first_line(refused)} '
            f'A provider may need its package (pip install "pydantic-ai-slim[{provider}]") and its key in '
            "the environment; a local server needs its base URL."
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
