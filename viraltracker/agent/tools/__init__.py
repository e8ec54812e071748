"""The agent's tools, a few lines over a studio call each. A module per thing of the trade.

Docstrings are written for a model: they are what it knows of a tool. What spends, destroys or writes asks
`Bench.need` for the producer's yes inside the tool itself.
"""

from viraltracker.agent.tools import exports, scripts, sessions, takes, voices, whole, work

__all__ = ["exports", "scripts", "sessions", "takes", "voices", "whole", "work"]
