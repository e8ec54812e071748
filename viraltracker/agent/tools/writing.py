"""Tools that write: a script, a beat's text, acting notes. What comes out is shown, not saved."""

import json
from uuid import UUID

from pydantic_ai import RunContext
from pydantic_ai.models import Model

from viraltracker.agent.bench import Bench
from viraltracker.agent.models import chosen_model, make_model
from viraltracker.agent.proposals import ACCEPT, Draft, Proposal, accept_proposal, draft_of, propose
from viraltracker.agent.results import Done
from viraltracker.agent.writing import Writer, material
from viraltracker.errors import BadInput, NotFound
from viraltracker.script import ActingNote, Beat, accepted, beat_block, parse, with_notes

__all__ = ["accept_script", "punch_up_beat", "suggest_directions", "write_els_script"]

SOURCE_MAX = 200_000
"""Characters of material for a writer: more than an hour of speech."""


async def write_els_script(
    ctx: RunContext[Bench], source: str, wishes: str = "", session: str | None = None
) -> Proposal:
    """Write an ELS script from an outline, notes or prose, in the cast's voices. Saves nothing.

    The text is checked and mended before you get it. Go on with accept_script: it shows the text to the
    producer.

    Args:
        source: The outline, notes or prose, word for word as the producer gave it.
        wishes: What the producer wants of the script: length, tone, who speaks.
        session: For a new version of this session's script: its id or whole title, "" for the open one. Left
            out: for a new session.
    """
    bench = ctx.deps
    _short_enough(source)
    writer = await _writer(ctx)
    task = [_wishes(wishes, "Write a script from the material."), material("The material", source)]
    held = None if session is None else await bench.named(session)
    if held is None:
        drafted = await writer.script("\n\n".join(task))
        title = drafted.parsed.script.title if drafted.parsed.script else "Untitled"
        return await propose(bench, Draft(drafted.els), f'Make a session of the new script "{title}"')
    latest = await bench.studio.sessions.script(held.id)
    task.append(material("The script that yours replaces; keep the ids of beats that stay", latest.els))
    drafted = await writer.script("\n\n".join(task))
    draft = Draft(drafted.els, held.id, latest.latest, latest.els)
    return await propose(bench, draft, f'Replace the script of "{held.title}"')


async def punch_up_beat(ctx: RunContext[Bench], session: str, beat: str, wish: str) -> Proposal:
    """Write a better text for one beat. Saves nothing.

    The text is checked and mended before you get it. Go on with accept_script: it shows the change to the
    producer.

    Args:
        session: The session's id or whole title; "" is the open one.
        beat: The beat's id in the script.
        wish: What shall be better about it.
    """
    bench = ctx.deps
    held = await bench.named(session)
    latest = await bench.studio.sessions.script(held.id)
    _short_enough(latest.els)
    block = beat_block(latest.els, beat)
    task = [
        _wishes(wish, f"Write a better text for the beat {beat}, and keep its id."),
        material("The whole script, for what comes before and after", latest.els),
        material("The beat", block),
    ]
    drafted = await (await _writer(ctx)).beat("\n\n".join(task), latest.els, beat)
    draft = Draft(drafted.els, held.id, latest.latest, latest.els)
    return await propose(bench, draft, f'Change the text of beat {beat} of "{held.title}"')


async def suggest_directions(ctx: RunContext[Bench], session: str, wishes: str = "") -> Proposal:
    """Suggest acting notes and paces for a whole script. Every spoken word stays; saves nothing.

    Go on with accept_script: it shows the suggestions to the producer.

    Args:
        session: The session's id or whole title; "" is the open one.
        wishes: What the producer wants of the acting.
    """
    bench = ctx.deps
    held = await bench.named(session)
    latest = await bench.studio.sessions.script(held.id)
    _short_enough(latest.els)
    writer = await _writer(ctx)
    script = accepted(parse(latest.els, writer.cast))
    segments = "\n".join(line for each in script.beats for line in _segments(each))
    task = [_wishes(wishes, "Suggest directions and paces."), material("The script's segments", segments)]
    suggested = {
        ActingNote(each.beat, each.segment, each.direction, each.pace): each.why
        for each in await writer.suggestions("\n\n".join(task))
    }
    noted = with_notes(latest.els, writer.cast, suggested)
    refused = dict(noted.left_out)
    return await propose(
        bench,
        Draft(noted.els, held.id, latest.latest, latest.els),
        f'Put {len(suggested) - len(refused)} acting notes into "{held.title}"',
        notes=[_noted(note, why) for note, why in suggested.items() if note not in refused],
        left_out=[_noted(note, why) for note, why in refused.items()],
    )


async def accept_script(ctx: RunContext[Bench], proposal: str) -> Done:
    """Show a proposed script to the producer and save it. Needs the producer's yes.

    Args:
        proposal: The id that write_els_script, punch_up_beat or suggest_directions answered with.
    """
    bench = ctx.deps
    asked = await bench.approvals.get(_id(proposal))
    if asked.status in ("refused", "used", "withdrawn"):
        raise BadInput(f"This proposal was {asked.status}. Write another one if the producer wants that.")
    draft = draft_of(asked)
    accepted(parse(draft.els, await bench.studio.script_cast()))
    yes = await bench.need(ACCEPT, dict(asked.arguments), asked.question, draft.session)
    saved = await accept_proposal(bench.studio, yes)
    held = await bench.studio.sessions.get(saved.session)
    made = "is version" if draft.session else "is a new session with version"
    return Done(f'"{held.title}" {made} {saved.script_number}.', str(held.id))


async def _writer(ctx: RunContext[Bench]) -> Writer:
    studio = ctx.deps.studio
    members = await studio.cast.members()
    return Writer(
        await _model(ctx),
        await studio.script_cast(),
        tuple(member.character for member in members),
        ctx.usage,
        ctx.usage_limits,
        ctx.deps.progress,
    )


async def _model(ctx: RunContext[Bench]) -> Model:
    """The conversation's own model; outside of one, where an assistant calls, the one that is set."""
    studio, model = ctx.deps.studio, ctx.model
    if ctx.deps.conversation is None:
        choice = await chosen_model(studio.settings, studio.records, studio.owner)
        if choice is None:
            raise BadInput(
                "The studio has no model of its own to write with: set one on the Agent page. Or write the "
                "text yourself, check it with validate_els_script, and save it with edit_beat."
            )
        return make_model(studio.settings, choice)
    if not isinstance(model, Model):
        raise BadInput("The model of this conversation can't write scripts. Use one that answers in text.")
    return model


def _wishes(wishes: str, task: str) -> str:
    return f"{task}\n\nThe producer's wishes: {wishes.strip()}" if wishes.strip() else task


def _short_enough(text: str) -> None:
    if not text.strip():
        raise BadInput("There is no material. Give an outline, notes or a text.")
    if len(text) > SOURCE_MAX:
        raise BadInput(f"That is {len(text):,} characters; {SOURCE_MAX:,} is the most at once. Split it.")


def _segments(beat: Beat) -> list[str]:
    """A beat's segments for a director, one JSON line each: a text can't break out of its own."""
    return [
        json.dumps(
            {
                "beat": beat.id,
                "segment": place,
                "speaker": segment.character,
                "direction": segment.direction or "",
                "pace": segment.pace,
                "text": segment.text,
            },
            ensure_ascii=False,
        )
        for place, segment in enumerate(beat.segments)
    ]


def _noted(note: ActingNote, why: str) -> str:
    manner = [f'"{note.direction}"'] if note.direction is not None else []
    manner += [f"pace {note.pace}"] if note.pace is not None else []
    return f"{note.beat_id}, segment {note.segment}: {', '.join(manner) or 'nothing'} ({why})"


def _id(proposal: str) -> UUID:
    try:
        return UUID(proposal)
    except ValueError:
        raise NotFound(f'There is no proposal "{proposal}".') from None
