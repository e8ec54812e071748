"""The studio's tools for the assistant that a producer already uses, by the Model Context Protocol.

In: a bench and somebody else's client, on stdin and stdout or over HTTP on this machine. Out: what the tools
answer, and the questions that a producer has to say yes to. The toolset is the Agent page's, with its walls.
"""

from viraltracker.agent.mcp.http import serve_http
from viraltracker.agent.mcp.server import studio_server
from viraltracker.agent.mcp.stdio import serve_stdio

__all__ = ["serve_http", "serve_stdio", "studio_server"]
