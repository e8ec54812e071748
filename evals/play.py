"""A producer's request played against a studio: what is asked and answered, and what the database holds.

Judges nothing; `evals.cases` says what should have come of each request.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic_ai.models import Model

from viraltracker.agent.approvals import Approval, Approvals, Kind
from viraltracker.agent.bench import Bench
from viraltracker.agent.conversations import Conversations
from viraltracker.agent.events import Event, Failed, Said
from viraltracker.agent.turn import Turn, questions, take_turn
from viraltracker.studio import Studio
from viraltracker.takes import Session, Take
from viraltracker.voices import VoiceProfile

__all__ = ["Aftermath", "Facts", "Request", "no", "play", "yes"]

ANSWERS_MAX = 8
"""How often a producer answers in one request; a model that asks on is left alone then."""


def yes(_: Approval) -> bool:
    """A producer who agrees to everything."""
    return True


def no(_: Approval) -> bool:
    """A producer who agrees to nothing."""
    return False


@dataclass(frozen=True)
class Facts:
    """What the database holds, by titles and names."""

    sessions: Mapping[str, Session]
    scripts: Mapping[str, str]
    voices: Mapping[str, VoiceProfile]

    @property
    def usd(self) -> float:
        """All that was spent."""
        return sum(session.spent_usd for session in self.sessions.values())

    def takes(self, title: str = "Fog", beat: str | None = None) -> list[Take]:
        """The finished takes of a session, or of one beat of it."""
        session = self.sessions.get(title)
        beats = session.script_beats if session else ()
        return [
            take
            for each in beats
            if beat in (None, each.beat_id)
            for take in each.takes
            if take.status == "done"
        ]

    def picked(self, beat: str, title: str = "Fog") -> int | None:
        """The number of a beat's picked take."""
        row = self.sessions[title].beat(beat)
        return row.picked.number if row and row.picked else None


@dataclass(frozen=True)
class Aftermath:
    """What came of a request: the agent's words, the questions it put, and the facts before and after."""

    before: Facts
    after: Facts
    reply: str
    asked: tuple[Approval, ...]
    failures: tuple[str, ...]

    @property
    def fog(self) -> Session:
        """The session that most requests are about."""
        return self.after.sessions["Fog"]

    @property
    def untouched(self) -> bool:
        """Nothing was made, changed or asked for."""
        return self.before == self.after and not self.asked

    def made(self, beat: str | None = None) -> int:
        """How many takes the request made."""
        return len(self.after.takes(beat=beat)) - len(self.before.takes(beat=beat))

    def agreed(self, kind: Kind) -> int:
        """How many questions of a kind were agreed to and acted on."""
        return sum(each.question.kind == kind and each.status == "used" for each in self.asked)

    def declined(self, kind: Kind) -> int:
        """How many questions of a kind were put and declined."""
        return sum(each.question.kind == kind and each.status == "refused" for each in self.asked)

    def says(self, *words: str) -> bool:
        """Whether the agent's words hold all of these."""
        return all(word.casefold() in self.reply.casefold() for word in words)

    def says_amount(self, usd: float) -> bool:
        """Whether the agent names an amount that rounds to this one."""
        return any(abs(float(found) - usd) < 0.006 for found in re.findall(r"\d+\.\d+", self.reply))


@dataclass(frozen=True)
class Request:
    """What a producer says, in which state of the studio, with which answers; and what should come of it.

    `before` prepares a fresh studio and answers with the session that is open, if any. `holds`: what is to be
    true after -> whether it is.
    """

    prompt: str
    before: Callable[[Studio], Awaitable[UUID | None]]
    holds: Callable[[Aftermath], Mapping[str, bool]]
    answer: Callable[[Approval], bool] = yes


async def play(studio: Studio, model: Model, request: Request, session: UUID | None) -> Aftermath:
    """Say it in a new conversation beside `session`, answer what is asked, and look what has become of it."""
    before = await _facts(studio)
    conversations, approvals = Conversations(studio.records), Approvals(studio.records)
    kept = await conversations.read((await conversations.open(session, fresh=True)).id)
    told: list[Event] = []
    turn = Turn(kept, request.prompt)
    decided: dict[UUID, bool] = {}
    for _ in range(ANSWERS_MAX):
        kept = await take_turn(Bench(studio, session=session), model, turn, told.append)
        if kept.pending is None:
            break
        pending = questions(kept.pending)
        for asked in dict.fromkeys(pending.values()):
            decided[asked] = request.answer(await approvals.get(asked))
            await approvals.decide(asked, decided[asked])
        turn = Turn(kept, answers={call: decided[asked] for call, asked in pending.items()})
    return Aftermath(
        before=before,
        after=await _facts(studio),
        reply="".join(each.text for each in told if isinstance(each, Said)),
        asked=await approvals.listed(kept.line.id, every=True),
        failures=tuple(each.message for each in told if isinstance(each, Failed)),
    )


async def _facts(studio: Studio) -> Facts:
    listed = [each for shelf in ("active", "archived", "trash") for each in await studio.sessions.list(shelf)]
    sessions = {each.title: await studio.sessions.get(each.id) for each in listed}
    return Facts(
        sessions=sessions,
        scripts={title: (await studio.sessions.script(each.id)).els for title, each in sessions.items()},
        voices={each.character.id: each.profile for each in await studio.cast.members()},
    )
