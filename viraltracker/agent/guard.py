"""What every call of a tool passes: a limit over all processes, and answers that are fit for a model.

A model's provider sees every answer, so no path of this machine, no key and no signed link leaves here; a
studio's error becomes an answer that a model can act on.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter
from pydantic_ai import RunContext
from pydantic_ai.exceptions import ApprovalRequired, ToolFailed
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from viraltracker.agent.bench import Bench
from viraltracker.errors import NeedsApproval, StudioError
from viraltracker.log import Redactor

__all__ = ["GuardedToolset", "Private", "fit", "told"]

_log = logging.getLogger(__name__)
_WINDOW_S = 60.0
_ANSWER: TypeAdapter[Any] = TypeAdapter(Any)


class Private(Protocol):
    """What must not leave this machine: the values of its keys, and where its data lies."""

    @property
    def data(self) -> Path:
        """The data folder."""
        ...

    def secrets(self) -> Iterable[str]:
        """The values of its keys."""
        ...


@dataclass
class GuardedToolset(WrapperToolset[Bench]):
    """Counts calls against `per_minute` (tool -> most), and tells the studio's errors as a tool's answer."""

    per_minute: Mapping[str, int] = field(default_factory=dict)

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Bench], tool: ToolsetTool[Bench]
    ) -> Any:
        """Call it. A missing yes becomes the library's `ApprovalRequired`, with the question's id."""
        studio = ctx.deps.studio
        try:
            await studio.records.call(
                "studio_tool_call_v1", tool=name, most=self.per_minute[name], window_s=_WINDOW_S
            )
            answer = await super().call_tool(name, tool_args, ctx, tool)
        except NeedsApproval as missing:
            asked = missing.facts.get("approval")
            if asked is None:
                raise ToolFailed(told(missing, studio.settings)) from missing
            raise ApprovalRequired({"approval": str(asked.id)}) from missing
        except StudioError as error:
            _log.info("tool.refused", extra={"tool": name, "error": error.code})
            raise ToolFailed(told(error, studio.settings)) from error
        return fit(_ANSWER.dump_python(answer, mode="json", exclude_none=True), studio.settings)


def fit(answer: Any, private: Private) -> Any:
    """A tool's answer, as JSON values, with stars for what must not leave this machine."""
    redact = Redactor(private.secrets())
    places = [str(place) for place in (private.data, Path.home(), Path.cwd()) if len(place.parts) > 1]

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            for place in places:
                value = value.replace(place, "…")
            return redact(value)
        if isinstance(value, dict):
            return {clean(key): clean(item) for key, item in value.items()}
        return [clean(item) for item in value] if isinstance(value, list) else value

    return clean(answer)


def told(error: StudioError, private: Private) -> str:
    """A studio's error as a tool's answer: its name, what happened and what to do, the script's findings."""
    facts = {"error": error.code, "message": error.message, "retryable": error.retryable}
    findings = [
        f"line {found.line}, column {found.column}: {found.message}"
        for found in error.facts.get("diagnostics", ())
        if found.severity == "error"
    ]
    return json.dumps(fit(facts | ({"findings": findings[:25]} if findings else {}), private))
