"""What making an episode will come to, and what came of it, in words. Pure."""

from viraltracker.ui.show.words import dollars, plural
from viraltracker.units import clock
from viraltracker.workflow import Outcome, Planned

__all__ = ["outcome_words", "plan_words"]


def plan_words(planned: Planned) -> str:
    """`3 beats will be generated: 412 characters, ~$0.04. ...`."""
    generated = "Nothing has to be generated"
    if planned.beats:
        cost = f"{plural(planned.characters, 'character')}, {dollars(planned.usd, planned.exact)}"
        generated = f"{plural(len(planned.beats), 'beat')} will be generated: {cost}"
    return f"{generated}. Beats without a pick get their best take, and the episode is exported."


def outcome_words(outcome: Outcome) -> str:
    """`The episode is made: 12:40, -19.0 LUFS, -1.2 dBTP; $0.04 spent.`."""
    spent = f"; {dollars(outcome.usd)} spent" if outcome.usd else ""
    if outcome.export is None:
        failed = plural(len(outcome.failures), "take")
        return f"{failed} could not be made, so there is no episode yet; all others are kept{spent}."
    facts = outcome.export.facts or {}
    figures = (
        f"{clock(facts['duration_ms'])}, {facts['integrated_lufs']:.1f} LUFS, "
        f"{facts['true_peak_dbtp']:.1f} dBTP"
    )
    return f"The episode is made: {figures}{spent}."
