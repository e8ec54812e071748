"""The one toolset: the same tools for the page, the terminal and MCP."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic_ai.toolsets import AbstractToolset, FunctionToolset

from viraltracker.agent.bench import Bench
from viraltracker.agent.guard import GuardedToolset
from viraltracker.agent.tools import exports, scripts, sessions, takes, voices, whole, work, writing

__all__ = ["TOOLS", "Effect", "Tool", "studio_toolset"]

Effect = Literal["reads", "changes", "spends", "destroys", "writes"]
"""What a tool does at most. The last three need a producer's yes; what `changes` can be taken back."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its function, its effect, and how often a minute it may be called over all processes."""

    function: Callable[..., Awaitable[Any]]
    effect: Effect
    per_minute: int

    @property
    def name(self) -> str:
        """What models call it."""
        return self.function.__name__


TOOLS: tuple[Tool, ...] = (
    Tool(scripts.validate_els_script, "reads", 60),
    Tool(scripts.parse_els_script, "reads", 60),
    Tool(scripts.read_beat, "reads", 120),
    Tool(scripts.edit_beat, "writes", 30),
    Tool(writing.write_els_script, "changes", 20),
    Tool(writing.punch_up_beat, "changes", 30),
    Tool(writing.suggest_directions, "changes", 20),
    Tool(writing.accept_script, "writes", 30),
    Tool(sessions.create_production_session, "changes", 10),
    Tool(sessions.get_production_session, "reads", 120),
    Tool(sessions.list_sessions, "reads", 60),
    Tool(sessions.update_session_status, "changes", 30),
    Tool(sessions.delete_session, "destroys", 10),
    Tool(voices.get_voice_profile, "reads", 60),
    Tool(voices.list_voice_profiles, "reads", 60),
    Tool(voices.update_voice_profile, "changes", 20),
    Tool(takes.generate_beat_audio, "spends", 30),
    Tool(takes.regenerate_beat_audio, "spends", 30),
    Tool(takes.generate_missing_or_stale, "spends", 20),
    Tool(takes.compare_takes, "reads", 120),
    Tool(takes.select_take, "changes", 120),
    Tool(takes.estimate_cost, "reads", 60),
    Tool(exports.export_episode, "changes", 10),
    Tool(exports.export_selected_takes, "changes", 10),
    Tool(work.job_status, "reads", 120),
    Tool(work.cancel_jobs, "changes", 30),
    Tool(whole.complete_audio_workflow, "spends", 10),
)
"""Everything the studio can do, by asking."""


# Made once a process: the schemas of all tools cost 0.15 s. It keeps nothing of a call, so all may share it.
@cache
def studio_toolset() -> AbstractToolset[Bench]:
    """All tools behind their guard. The tools themselves ask for a producer's yes."""
    tools: FunctionToolset[Bench] = FunctionToolset(
        id="studio", max_retries=2, docstring_format="google", require_parameter_descriptions=True
    )
    for tool in TOOLS:
        tools.add_function(tool.function, takes_ctx=True, metadata={"effect": tool.effect})
    return GuardedToolset(tools, per_minute={tool.name: tool.per_minute for tool in TOOLS})
