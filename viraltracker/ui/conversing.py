"""The conversation on the Agent page: what one look at it sees, and what a producer's click there means.

Turns run in the studio's loop (`talking`); a page only begins them, watches, and answers.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn
from uuid import UUID

import streamlit as st

from viraltracker.agent.approvals import Approval, Approvals
from viraltracker.agent.bench import Bench
from viraltracker.agent.conversations import Conversations, Kept, Line
from viraltracker.agent.models import Choice
from viraltracker.agent.proposals import settle
from viraltracker.agent.transcript import transcript
from viraltracker.agent.turn import Turn, questions
from viraltracker.errors import NotFound
from viraltracker.ui import state
from viraltracker.ui.components.chat import Answered, ChatEvent, GoOn, ModelWanted, Opened, Say, Stop
from viraltracker.ui.desk import audio_link, download_link, mended, run, studio, told
from viraltracker.ui.frame import go
from viraltracker.ui.reel import look_up
from viraltracker.ui.show.chat import Scene, chat_view, open_answers
from viraltracker.ui.show.deeds import Links
from viraltracker.ui.show.mentions import mentions
from viraltracker.ui.talking import Talk, talk, talk_of
from viraltracker.ui.views.chat import ChatView, Returned

__all__ = [
    "act_on_chat",
    "begin_anew",
    "decide",
    "elsewhere",
    "first_scene",
    "listed",
    "moved",
    "scene_of",
    "show",
    "view_of",
    "went_on",
]

_MOST_ASKED = 200


def conversations() -> Conversations:
    """The conversations of this studio."""
    return Conversations(studio().records)


def approvals() -> Approvals:
    """The questions of this studio."""
    return Approvals(studio().records)


def first_scene(choice: Choice | None) -> Scene:
    """The conversation in the URL where it stands beside the open session, else the session's newest."""
    session, wanted = state.open_session(), state.open_conversation()
    scene = None
    if wanted is not None:
        with suppress(NotFound):
            scene = scene_of(wanted, choice)
    if scene is None or scene.kept.line.session != session:
        scene = scene_of(run(conversations().open(session)).id, choice)
    state.remember("agent-drawn", _drawn(scene))
    return scene


def scene_of(conversation: UUID, choice: Choice | None) -> Scene:
    """What is to be seen of the conversation now. While a turn runs here, its own memory is enough."""
    running = talk_of(conversation, studio().owner)
    live = running.live if running else None
    if running is not None and live is not None and not live.over:
        if running.stopping:  # asked again until it is heard: the turn may not have had its claim yet
            run(conversations().stop(conversation))
        kept = running.turn.kept
        scene = Scene(kept, live.lines, choice, "here", working=live.working, progress=live.progress)
        return _with_unsaid(scene)
    kept = run(conversations().read(conversation))
    scene = Scene(kept, transcript(kept.history), choice)
    if kept.line.busy:
        return _with_unsaid(replace(scene, busy="elsewhere"))
    if kept.pending is not None:
        asked = questions(kept.pending)
        scene = replace(scene, asked=asked, approvals=_known(asked), said=_said(conversation))
    if running is not None and live is not None and running.revision in (None, kept.line.revision):
        scene = replace(scene, failure=live.failure, stopped=running.stopping)
    return _with_unsaid(scene)


def moved(scene: Scene) -> bool:
    """Whether head and side have something else to show than what they were drawn with."""
    drawn = _drawn(scene)
    before = state.recall("agent-drawn")
    state.remember("agent-drawn", drawn)
    return bool(drawn != before)


def went_on(scene: Scene, lines: Iterable[Line]) -> bool:
    """Whether the conversation that rested when it was drawn went on somewhere since."""
    mine = next((line for line in lines if line.id == scene.kept.line.id), scene.kept.line)
    return not scene.busy and (mine.busy or mine.revision != scene.kept.line.revision)


def listed() -> tuple[Line, ...]:
    """The conversations beside the open session, newest first."""
    return run(conversations().listed(state.open_session()))


def begin_anew() -> NoReturn:
    """Leave this conversation for a fresh one."""
    run(conversations().open(state.open_session(), fresh=True))
    show(None)


def show(conversation: UUID | None) -> NoReturn:
    """Draw the page anew with another conversation; None is the newest."""
    state.show_conversation(conversation)
    st.rerun()


def view_of(scene: Scene) -> ChatView:
    """The scene as it is drawn, with the takes that it speaks of."""
    wanted = mentions(scene.lines, scene.kept.line.session)
    found = look_up(studio(), wanted, again=not scene.busy)
    return chat_view(scene, Links(found, audio_link, download_link))


def act_on_chat(scene: Scene, event: ChatEvent) -> None:
    """Do what the producer wanted."""
    match event:
        case Say(text=text, based_on=revision):
            _begin(_as_seen(scene.kept, revision), text, {})
        case Answered(call=call, yes=yes) if call in scene.asked:
            # Two answers may come with one run, and the scene was drawn before both.
            said = {**_said(scene.kept.line.id), call: yes}
            state.remember(_answers_of(scene.kept.line.id), said)
            _go_on(replace(scene, said=said))
        case GoOn():
            _go_on(scene)
        case Stop():
            running = talk_of(scene.kept.line.id, studio().owner)
            if running is not None:
                running.stopping = True
            run(conversations().stop(scene.kept.line.id))
        case Opened(place=place, session=session):
            go(place, session)
        case ModelWanted():
            state.remember("model-wanted", True)


def decide(event: Answered) -> None:
    """Answer a question that no turn waits for: who asked goes on by itself, a script is saved at once."""
    with mended():
        saved = run(settle(studio(), event.approval, event.yes))
        if saved is not None:
            told(f"Saved as version {saved.script_number} of the script.")


def elsewhere(scene: Scene) -> tuple[Approval, ...]:
    """The open questions that no turn of this conversation waits for: other programs', and scripts to accept.

    While a turn is under way what it asks is not known yet, so nothing of this conversation is listed.
    """
    mine, here = set(scene.asked.values()), scene.kept.line.id
    found = run(approvals().listed())
    return tuple(
        each for each in found if each.id not in mine and not (scene.busy and each.conversation == here)
    )


def _drawn(scene: Scene) -> tuple[str, UUID, int]:
    return scene.busy, scene.kept.line.id, 0 if scene.busy else scene.kept.line.revision


def _go_on(scene: Scene) -> None:
    """Once every question has its answer: write the answers down, and let the turn go on."""
    answers = open_answers(scene)
    if answers is None:
        return
    state.forget(_answers_of(scene.kept.line.id))
    with mended():
        for call, yes in answers.items():
            known = scene.approvals.get(scene.asked[call])
            if known is not None and known.status == "asked":
                run(approvals().decide(known.id, yes))
        _begin(scene.kept, None, answers)


def _begin(kept: Kept, text: str | None, answers: Mapping[str, bool]) -> None:
    state.forget(_answers_of(kept.line.id))
    begun = talk(Bench(studio(), session=kept.line.session), Turn(kept, text, answers))
    state.remember("talk", begun)


def _as_seen(kept: Kept, revision: int) -> Kept:
    """The conversation as the producer saw it, so that what was said since is noticed as a conflict."""
    return replace(kept, line=replace(kept.line, revision=revision))


def _known(asked: Mapping[str, UUID]) -> Mapping[UUID, Approval]:
    if not asked:
        return {}
    wanted = set(asked.values())
    found = run(approvals().listed(every=True, most=_MOST_ASKED))
    return {each.id: each for each in found if each.id in wanted}


def _said(conversation: UUID) -> Mapping[str, bool]:
    return dict(state.recall(_answers_of(conversation), {}))


def _answers_of(conversation: UUID) -> str:
    return f"answers:{conversation}"


def _with_unsaid(scene: Scene) -> Scene:
    """What this tab wanted to say and could not: the words go back into the composer, with the reason."""
    mine = state.recall("talk")
    if not isinstance(mine, Talk) or mine.turn.kept.line.id != scene.kept.line.id or not mine.live.refused:
        return scene
    returned = Returned(mine.turn.prompt, str(mine.id)) if mine.turn.prompt else None
    return replace(scene, refused=mine.live.refused, returned=returned)
