"""`viraltracker agent`: the studio's agent in the terminal, with the same tools and the same walls."""

import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import anyio.to_thread
import click

from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import plain, print_json, print_text, say, warn
from viraltracker.errors import BadInput, SettingsRefused

if TYPE_CHECKING:
    from viraltracker.agent.approvals import Approval
    from viraltracker.agent.bench import Bench
    from viraltracker.agent.conversations import Kept
    from viraltracker.agent.events import Event
    from viraltracker.agent.models import Model
    from viraltracker.agent.turn import Turn
    from viraltracker.studio import Studio

__all__ = ["agent"]


@click.command()
@click.argument("words", nargs=-1)
@click.option("--session", metavar="SESSION", help="The session that is talked about; it has its own talk.")
@click.option("--new", "fresh", is_flag=True, help="Begin a new conversation.")
@click.option("--model", metavar="MODEL", help="Another model for this time, such as ollama:llama3.3.")
@click.option("--yes", "answer", flag_value="yes", help="Say yes to what the agent waits for, then go on.")
@click.option("--no", "answer", flag_value="no", help="Say no to what the agent waits for, then go on.")
@json_option
def agent(
    words: tuple[str, ...],
    session: str | None,
    fresh: bool,
    model: str | None,
    answer: str | None,
    as_json: bool,
) -> None:
    """Ask the agent to do what the studio can do.

    With WORDS one answer is given, without them it is a talk until Ctrl-D. What costs money, deletes or
    writes is asked first, here on a terminal, else it waits: answer with --yes or --no, or on the Agent page.
    The model is VIRALTRACKER_AGENT_MODEL, or what the Agent page says. With --json one line per event.
    """
    said = " ".join(words).strip()
    if as_json and not (said or answer):
        raise click.UsageError("With --json give the words, or an answer.")

    async def work(studio: "Studio") -> None:
        async with AsyncExitStack() as stack:
            talk = await _open(stack, studio, session, fresh, model, as_json)
            if said or answer:
                await talk.once(said, answer)
            else:
                await talk.on_and_on()

    in_studio(work)


async def _open(
    stack: AsyncExitStack,
    studio: "Studio",
    session: str | None,
    fresh: bool,
    model: str | None,
    as_json: bool,
) -> "_Talk":
    from viraltracker.agent.bench import Bench
    from viraltracker.agent.conversations import Conversations
    from viraltracker.agent.models import Choice, chosen_model, make_model
    from viraltracker.takes.naming import session_id
    from viraltracker.workflow import hands_for

    chosen = await chosen_model(studio.settings, studio.records, studio.owner)
    if model is not None:
        chosen = Choice(model, studio.settings.agent_base_url, "environment")
    if chosen is None:
        raise SettingsRefused(
            "No model is set. Set VIRALTRACKER_AGENT_MODEL (and VIRALTRACKER_AGENT_BASE_URL for a server of "
            "your own), or choose one on the Agent page."
        )
    about = None if session is None else await session_id(studio.sessions, session)
    answering = make_model(studio.settings, chosen)
    conversations = Conversations(studio.records)
    line = await conversations.open(about, fresh=fresh)
    hands = await stack.enter_async_context(hands_for(studio))
    return _Talk(
        Bench(studio, session=about, hands=hands), answering, await conversations.read(line.id), as_json
    )


class _Talk:
    """A conversation on this terminal."""

    def __init__(self, bench: "Bench", model: "Model", kept: "Kept", as_json: bool) -> None:
        self._bench = bench
        self._model = model
        self._kept = kept
        self._as_json = as_json
        self._in_line = False

    async def once(self, said: str, answer: str | None) -> None:
        """One answer, and the questions that come with it where somebody is there to be asked."""
        from viraltracker.agent.turn import Turn

        if answer is not None:
            await self._answer_all(answer == "yes")
        if said:
            await self._turn(Turn(self._kept, said))
        await self._asked()

    async def on_and_on(self) -> None:
        """A talk until the end of stdin."""
        from viraltracker.agent.turn import Turn

        say("Ask for anything the studio can do. Ctrl-D ends the talk; it is kept.")
        await self._asked()
        while (said := await _line("> ")) is not None:
            if said.strip():
                await self._turn(Turn(self._kept, said))
                await self._asked()

    async def _answer_all(self, granted: bool) -> None:
        """One answer to everything that is open in this conversation."""
        from viraltracker.agent.turn import questions

        proposals = await self._proposals()
        if self._kept.pending is None and not proposals:
            raise BadInput("The agent waits for no answer in this conversation.")
        for proposal in proposals:
            await self._settle(proposal, granted)
        if self._kept.pending is not None:
            await self._answered(dict.fromkeys(questions(self._kept.pending), granted))

    async def _proposals(self) -> "tuple[Approval, ...]":
        """Scripts that wait to be accepted, beside what the turn itself waits for."""
        from viraltracker.agent.approvals import Approvals
        from viraltracker.agent.turn import questions

        pending = self._kept.pending
        asked = set(questions(pending).values()) if pending is not None else set()
        found = await Approvals(self._bench.studio.records).listed(self._kept.line.id)
        return tuple(each for each in found if each.id not in asked)

    async def _settle(self, proposal: "Approval", granted: bool) -> None:
        from viraltracker.agent.proposals import settle

        saved = await settle(self._bench.studio, proposal.id, granted)
        if saved is not None and self._as_json:
            print_json({"event": "saved", "session": saved.session, "script_number": saved.script_number})
        elif saved is not None:
            say(f"Saved as version {saved.script_number} of the script of session {saved.session}.")

    async def _asked(self) -> None:
        """Put the questions until none is left; without a terminal say how they are answered."""
        from viraltracker.agent.approvals import Approvals
        from viraltracker.agent.turn import questions

        approvals = Approvals(self._bench.studio.records)
        while self._kept.pending is not None:
            rows = await approvals.listed(self._kept.line.id, every=True, most=500)
            put = {asked.id: asked for asked in rows}
            answers: dict[str, bool] = {}
            for call, approval in questions(self._kept.pending).items():
                answer = await self._ask(put[approval])
                if answer is not None:
                    answers[call] = answer
            if not answers:
                break
            await self._answered(answers)
        for proposal in await self._proposals():
            answer = await self._ask(proposal)
            if answer is not None:
                await self._settle(proposal, answer)
        if self._kept.pending is not None or await self._proposals():
            warn("This waits for your yes: --yes or --no here, or the Agent page.")

    async def _ask(self, asked: "Approval") -> bool | None:
        """The answer of who sits at the terminal; None where nobody does."""
        from viraltracker.agent.words import question_lines

        if self._as_json:
            print_json({"event": "question", "id": asked.id, "question": asked.question})
        else:
            print_text("\n".join(question_lines(asked.question)))
        if self._as_json or not sys.stdin.isatty():
            return None
        return await anyio.to_thread.run_sync(click.confirm, "Yes?", False, abandon_on_cancel=True)

    async def _answered(self, answers: "dict[str, bool]") -> None:
        from viraltracker.agent.approvals import Approvals
        from viraltracker.agent.turn import Turn, questions

        assert self._kept.pending is not None  # noqa: S101 - who answers has been asked
        for call, approval in questions(self._kept.pending).items():
            await Approvals(self._bench.studio.records).decide(approval, answers[call])
        await self._turn(Turn(self._kept, answers=answers))

    async def _turn(self, turn: "Turn") -> None:
        from viraltracker.agent.turn import take_turn

        self._kept = await take_turn(self._bench, self._model, turn, self._tell)
        if self._in_line:
            click.echo()
            self._in_line = False

    def _tell(self, event: "Event") -> None:
        from viraltracker.agent.events import Asked, Began, Ended, Failed, Progress, Said

        if self._as_json:
            facts = {name: getattr(event, name) for name in event.__slots__}
            if not isinstance(event, Asked):  # the questions themselves follow
                print_json({"event": type(event).__name__.lower(), **facts})
            return
        if isinstance(event, Said):
            click.echo(plain(event.text), nl=False)
            sys.stdout.flush()
            self._in_line = True
        elif isinstance(event, Began):
            say(f"· {event.tool}")
        elif isinstance(event, Progress):
            say(f"  {event.words}")
        elif isinstance(event, Ended) and not event.ok:
            say(f"  {event.tool}: {event.answer}")
        elif isinstance(event, Failed):
            warn(event.message)


async def _line(prompt: str) -> str | None:
    try:
        return await anyio.to_thread.run_sync(input, prompt, abandon_on_cancel=True)
    except EOFError:
        return None
