"""What voice workers speak is asked for voice by voice; what speaks here goes in the script's order."""

from dataclasses import replace

from tests.takes.conftest import Stage
from viraltracker.speech import Synthesizer
from viraltracker.speech.tone import ToneEngine
from viraltracker.takes import Generate, Planner

BEATS = ("01_a", "02_b", "03_c", "04_d")
SCRIPT = "[META]\nvideo_title: Turns\nproject: p\n\n" + "".join(
    f"[BEAT: {beat}]\nname: N\n---\n[CHARACTER: {who}]\nLine {beat}.\n[END_BEAT]\n\n"
    for beat, who in zip(BEATS, ("wojak", "fed", "wojak", "fed"), strict=True)
)


class Elsewhere(ToneEngine):
    """A tone that says of itself that it is spoken on another machine."""

    @property
    def capabilities(self):
        return replace(super().capabilities, remote=True)


async def order(stage: Stage, engine: Synthesizer) -> list[str]:
    """The beats in the order in which their takes were asked for."""
    session = await stage.session(SCRIPT)
    generate = Generate(stage.records, Planner(stage.profiles, {"tone": engine}))
    asked = await generate.beats(session, BEATS)
    held = await stage.sessions.get(session.id)
    of = {beat.takes[0].id: beat.beat_id for beat in held.beats if beat.takes}
    return [of[take] for take in asked.takes]


async def test_lines_for_voice_workers_are_asked_for_voice_by_voice(stage: Stage) -> None:
    voices = [await order(stage, Elsewhere()), await order(stage, ToneEngine())]
    together, in_turn = voices
    assert in_turn == list(BEATS)
    assert sorted([together[:2], together[2:]]) == [["01_a", "03_c"], ["02_b", "04_d"]]
