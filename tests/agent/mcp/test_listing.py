"""What a client lists: the toolset itself, nothing beside it and nothing left out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.server import Server
from mcp.types import Tool

from tests.agent.mcp.conftest import client
from viraltracker.agent.toolset import TOOLS

GOLDEN = Path(__file__).parents[2] / "golden" / "mcp" / "tools.txt"


def as_text(tools: list[Tool]) -> str:
    """The tools with all that clients are told: a line for each argument and field, a nested thing once."""
    parts: dict[str, Any] = {}
    lines: list[str] = []
    for tool in tools:
        assert tool.annotations is not None
        hints = {True: "only reads", False: "changes"}[bool(tool.annotations.read_only_hint)]
        lines += [f"{tool.name} ({'asks first' if tool.annotations.destructive_hint else hints})"]
        lines += [f"  {line}".rstrip() for line in (tool.description or "").splitlines()]
        for way, schema in (("in", dict(tool.input_schema)), ("out", dict(tool.output_schema or {}))):
            for name, part in schema.pop("$defs", {}).items():
                assert parts.setdefault(name, part) == part
            lines += _fields(way, schema)
        lines.append("")
    for name, part in sorted(parts.items()):
        lines += [name, *_fields("has", dict(part)), ""]
    return "\n".join(lines)


def _fields(way: str, schema: dict[str, Any]) -> list[str]:
    required = schema.pop("required", [])
    fields = schema.pop("properties").items()
    return [
        *(f"  {way} {name}{'' if name in required else '?'}: {json.dumps(kind)}" for name, kind in fields),
        f"  {way}: {json.dumps(schema, sort_keys=True)}",
    ]


@pytest.fixture
async def tools(server: Server[Any], era: str) -> list[Tool]:
    """The tools as that era's client sees them."""
    async with client(server, era) as assistant:
        return (await assistant.list_tools()).tools


async def test_the_tools_are_as_they_were(tools: list[Tool], request: pytest.FixtureRequest) -> None:
    shown = as_text(tools)
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(shown, encoding="utf-8")
    assert shown == GOLDEN.read_text(encoding="utf-8")


async def test_the_tools_are_the_toolsets(tools: list[Tool]) -> None:
    assert [tool.name for tool in tools] == [tool.name for tool in TOOLS]
    assert all(tool.description and tool.output_schema for tool in tools)


async def test_what_a_tool_does_at_most_is_said(tools: list[Tool]) -> None:
    effects = {tool.name: tool.effect for tool in TOOLS}
    for tool in tools:
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint == (effects[tool.name] == "reads")
        assert tool.annotations.destructive_hint == (effects[tool.name] in {"spends", "destroys", "writes"})


async def test_what_may_be_left_out_is_not_required(tools: list[Tool]) -> None:
    """What is None stands in no answer, and clients hold answers to their schema."""
    required = [
        f"{tool.name}: {name}"
        for tool in tools
        for part in _objects(tool.output_schema)
        for name in part.get("required", ())
        if {"type": "null"} in part["properties"][name].get("anyOf", ())
    ]
    assert required == []


async def test_the_client_is_told_what_the_studio_is(server: Server[Any], era: str) -> None:
    async with client(server, era) as assistant:
        assert assistant.instructions is not None
        assert "[BEAT: 01_id]" in assistant.instructions
        assert "You are" not in assistant.instructions


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from _objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _objects(part)
