"""`viraltracker mcp`: the studio's tools for the assistant that a producer already uses."""

from typing import TYPE_CHECKING

import click

from viraltracker.cli.inside import in_studio
from viraltracker.cli.screen import say

if TYPE_CHECKING:
    from viraltracker.studio import Studio

__all__ = ["mcp"]


@click.command()
@click.option("--http", is_flag=True, help="Serve over HTTP on this machine, at an address.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8502, show_default=True, help="The port of --http."
)
def mcp(http: bool, port: int) -> None:
    """Give the studio's tools to your own assistant (MCP).

    An assistant starts it by itself and talks to it on stdin and stdout until it closes them. What costs
    money, deletes or writes asks for your yes in the assistant, or waits for it on the Agent page.

    With --http it serves until Ctrl-C, and says on stderr where. Where no job worker is alive it is one.
    """

    async def work(studio: "Studio") -> None:
        from viraltracker.agent.bench import Bench
        from viraltracker.agent.mcp import serve_http, serve_stdio
        from viraltracker.workflow import hands_for

        async with hands_for(studio) as hands:
            bench = Bench(studio, hands=hands)
            if http:
                await serve_http(
                    bench, studio.settings.address, port, lambda url: say(f"The MCP server is at {url}.")
                )
            else:
                await serve_stdio(bench)

    in_studio(work)
