"""The agent: everything the studio can do, by asking. One toolset for the page, the terminal and MCP.

In: the studio, a model, a producer's words and answers. Out: turns of a conversation as events, and what the
tools did. May import workflow, studio and everything below; pydantic_ai and mcp are at home here alone.
"""
