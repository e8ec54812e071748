"""Asks a model for a script, a beat or acting notes; its text goes back to it until the parser is content.

The writers have no tools and see nothing but their material, so a text that gives orders reaches nobody who
could follow them.
"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic_ai import Agent
from pydantic_ai.exceptions import UnexpectedModelBehavior
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.usage import RunUsage, UsageLimits

from viraltracker.agent.writing.brief import acting_brief, findings_brief, script_brief
from viraltracker.errors import BadInput, NotFound
from viraltracker.script import Cast, Parsed, beat_block, parse, with_block
from viraltracker.voices import Character

__all__ = ["ROUNDS", "Drafted", "Suggestion", "Writer"]

ROUNDS = 3
"""How often a model may try to write one text without errors."""

_SCRIPT = re.compile(r"\[meta\].*\[end[\s_-]beat\]", re.IGNORECASE | re.DOTALL)
_FENCED = re.compile(r"```[\w-]*\n(.*?)\n?```", re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # a model may say what no database holds


class _Placed(NamedTuple):
    """What was written, the whole script with it, and the line there that it begins on."""

    text: str
    els: str
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class Drafted:
    """A whole script as it came out, and how it reads."""

    els: str
    parsed: Parsed
    rounds: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another manner for one segment of a beat.

    `segment` counts from 0. `direction`: an acting note, "" for none, left out to keep what is there; `pace`:
    left out to keep it. `why`: in a few words.
    """

    beat: str
    segment: int
    why: str
    direction: str | None = None
    pace: str | None = None


_WRITER: Agent[None, str] = Agent(None, name="writer", output_type=str, retries=1)
_DIRECTOR: Agent[None, list[Suggestion]] = Agent(
    None, name="director", output_type=list[Suggestion], retries=ROUNDS - 1
)


def _silent(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for a cast with a model. What it uses up is counted in `usage` and held to `limits`.

    The model's connections are held while it writes, and left open where somebody else holds them too.
    """

    model: Model
    cast: Cast
    characters: Sequence[Character]
    usage: RunUsage = field(default_factory=RunUsage)
    limits: UsageLimits | None = None
    progress: Callable[[str], None] = _silent

    async def script(self, task: str) -> Drafted:
        """A whole script. With errors left after `ROUNDS`, it is the last one."""
        return await self._drafted(task, script_brief(self.characters, "whole script"), _as_script)

    async def beat(self, task: str, els: str, beat_id: str) -> Drafted:
        """The script `els` with another text for one beat. Raises `BadInput` when none came that fits."""

        def placed(text: str) -> _Placed:
            try:
                block = beat_block(text, beat_id)
            except NotFound:
                block = text  # refused below, in words that say how a block looks
            whole = with_block(els, beat_id, block)
            return _Placed(block, whole, 1 + whole.count("\n", 0, whole.index(block.strip())))

        return await self._drafted(task, script_brief(self.characters, "beat's whole block"), placed)

    async def suggestions(self, task: str) -> Sequence[Suggestion]:
        """How the segments in the task could be spoken."""
        self.progress("The script is being read for its direction …")
        async with self._answered():
            result = await _DIRECTOR.run(
                task,
                model=self.model,
                instructions=acting_brief(self.characters),
                usage=self.usage,
                usage_limits=self.limits,
            )
        return result.output

    async def _drafted(self, task: str, brief: str, placed: Callable[[str], _Placed]) -> Drafted:
        drafted, refusal = None, None
        prompt, history = task, list[ModelMessage]()
        for number in range(1, ROUNDS + 1):
            self.progress(f"Draft {number} of at most {ROUNDS} is being written …")
            text, history = await self._said(prompt, history, brief)
            try:
                written = placed(text)
            except BadInput as refused:
                prompt, refusal = refused.message, refused
                continue
            drafted = Drafted(written.els, parse(written.els, self.cast), number)
            if not drafted.parsed.errors:
                return drafted
            prompt = findings_brief(written.text, drafted.parsed.diagnostics, written.first_line)
        if drafted is None:
            raise refusal or BadInput()
        return drafted

    async def _said(
        self, prompt: str, history: list[ModelMessage], brief: str
    ) -> tuple[str, list[ModelMessage]]:
        async with self._answered():
            result = await _WRITER.run(
                prompt,
                model=self.model,
                message_history=history,
                instructions=brief,
                usage=self.usage,
                usage_limits=self.limits,
            )
        fenced = _FENCED.search(result.output)
        text = fenced.group(1) if fenced else result.output
        return _UNSTORABLE.sub("\ufffd", text).strip(), result.all_messages()

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[None]:
        """Inside, the model can be asked. An answer that is none becomes a `BadInput`, not a turn's end."""
        try:
            async with self.model:
                yield
        except UnexpectedModelBehavior as nonsense:
            raise BadInput(
                "The model wrote nothing that could be used, so nothing is proposed. Ask again, or choose "
                "another model."
            ) from nonsense


def _as_script(text: str) -> _Placed:
    """The script without what a model says around it."""
    script = _SCRIPT.search(text)
    els = (script.group() if script else text) + "\n"
    return _Placed(els, els)
