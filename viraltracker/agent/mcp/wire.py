"""Tools, arguments and answers as the protocol writes them. Pure."""

import json
from typing import Any

from mcp.types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import ValidationError
from pydantic_ai import ToolDefinition
from pydantic_ai.toolsets import ToolsetTool

from viraltracker.agent.bench import Bench
from viraltracker.errors import BadInput

__all__ = ["answer", "checked", "listed", "only_reads", "refusal"]


def listed(tool: ToolDefinition) -> Tool:
    """A tool as clients list it."""
    return Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.parameters_json_schema,
        output_schema=_object_schema(tool.return_schema),
        annotations=ToolAnnotations(
            read_only_hint=only_reads(tool),
            # What can't be taken back needs a yes; a client may want to ask before it even calls.
            destructive_hint=_effect(tool) not in ("reads", "changes"),
        ),
    )


def only_reads(tool: ToolDefinition) -> bool:
    """Whether the tool leaves everything as it is."""
    return _effect(tool) == "reads"


def checked(tool: ToolsetTool[Bench], arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the tool takes them. Raises `BadInput` naming each that doesn't fit."""
    try:
        taken: dict[str, Any] = tool.args_validator.validate_python(arguments)
    except ValidationError as wrong:
        found = [
            f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
            for each in wrong.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise BadInput(f"The arguments don't fit {tool.tool_def.name}. {'; '.join(found)}.") from None
    return taken


def answer(value: Any) -> CallToolResult:
    """What a tool answered, for programs and for models. A list stands in an object, as its `result`."""
    whole = value if isinstance(value, dict) else {"result": value}
    return CallToolResult(
        content=[TextContent(text=json.dumps(whole, ensure_ascii=False))], structured_content=whole
    )


def refusal(words: str) -> CallToolResult:
    """Why a tool did nothing, or not all."""
    return CallToolResult(content=[TextContent(text=words)], is_error=True)


def _effect(tool: ToolDefinition) -> str:
    return str((tool.metadata or {})["effect"])


def _object_schema(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    if not schema or schema.get("type") == "object":
        return schema or None
    inner = {key: part for key, part in schema.items() if key != "$defs"}
    whole = {"type": "object", "properties": {"result": inner}, "required": ["result"]}
    return whole | ({"$defs": schema["$defs"]} if "$defs" in schema else {})
