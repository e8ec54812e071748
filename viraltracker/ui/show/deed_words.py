"""Each tool of the agent in a producer's words: what it is about to do, does, and did. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from viraltracker.ui.show.facts import Facts
from viraltracker.ui.show.words import dollars, plural
from viraltracker.units import clock

__all__ = ["DEED_WORDS", "DeedWords", "about_dollars", "words_of"]


@dataclass(frozen=True, slots=True)
class DeedWords:
    """`do` ("make takes of {beats}") stands after "Couldn't"; `doing` is said while it is at work.

    `{beats}` are the beats it was given. `did` tells what came out, from what it was given and its answer.
    """

    do: str
    doing: str
    did: Callable[[Facts, Facts], str]


def words_of(tool: str) -> DeedWords:
    """A tool's words; one that is not known here is called by its name."""
    name = tool.replace("_", " ")[:60]
    return DEED_WORDS.get(tool) or DeedWords(f"use {name}", f"Using {name}", lambda _, __: f"Used {name}")


def about_dollars(usd: float, exact: bool = True) -> str:
    """`$0.12`, `about $0.12`, `free`: a cost within a sentence."""
    return dollars(usd, exact).replace("~", "about ")


def _made(asked: Facts, answer: Facts) -> str:
    made = answer.rows("made")
    count = len(made) + (answer.count("more") if made else 0)
    failed, waits, left = len(answer.rows("failed")), answer.count("under_way"), answer.pairs("left_out")
    beats = tuple(dict.fromkeys(row.text("beat") for row in made))
    parts = [f"Made {plural(count, 'take')}{_of(beats)}"] if made else []
    parts += [f"{plural(failed, 'take')} failed"] if failed else []
    parts += [f"{plural(waits, 'take')} still under way"] if waits else []
    parts += [f"{plural(len(left), 'beat')} left out"] if left else []
    said = " · ".join(parts) or "There was nothing to make"
    return f"{said} · {dollars(answer.number('usd'))}" if made else said


def _of(beats: tuple[str, ...]) -> str:
    if not beats:
        return ""
    return f" of {beats[0]}" if len(beats) == 1 else f" of {plural(len(beats), 'beat')}"


def _checked(asked: Facts, answer: Facts) -> str:
    errors, warnings = answer.count("errors"), answer.count("warnings")
    found = [plural(errors, "error")] if errors else []
    found += [plural(warnings, "warning")] if warnings else []
    return f"Checked a script: {' and '.join(found) or 'nothing to mend'}"


def _read_script(asked: Facts, answer: Facts) -> str:
    beats = len(answer.texts("beats")) + answer.count("more_beats")
    return f"Read a script of {plural(beats, 'beat')} · {clock(answer.count('duration_ms'))}"


def _looked(asked: Facts, answer: Facts) -> str:
    return f"Looked at {answer.under('session').text('title') or 'the session'}"


def _listed(asked: Facts, answer: Facts) -> str:
    more = " and more" if answer.flag("more") else ""
    return f"Looked through {plural(len(answer.rows('sessions')), 'session')}{more}"


def _compared(asked: Facts, answer: Facts) -> str:
    return f"Compared {plural(len(answer.rows('takes')), 'take')} of {asked.text('beat')}"


def _estimated(asked: Facts, answer: Facts) -> str:
    cost = about_dollars(answer.number("usd"), answer.flag("exact"))
    return f"Estimated {plural(answer.count('beats'), 'beat')}: {cost}"


def _exported(asked: Facts, answer: Facts) -> str:
    name, status = answer.text("filename"), answer.text("status")
    if status != "done":
        return f"{name}: the export {'failed' if status in ('failed', 'cancelled') else 'is still under way'}"
    parts = [f"Exported {name}"]
    parts += [clock(answer.count("duration_ms"))] if answer.count("duration_ms") else []
    parts += [f"{answer.number('integrated_lufs'):.1f} LUFS"] if answer.number("integrated_lufs") else []
    return " · ".join(parts)


def _worked(asked: Facts, answer: Facts) -> str:
    count = answer.count("under_way")
    return f"Looked at the work: {plural(count, 'job') if count else 'nothing'} under way"


def _episode(asked: Facts, answer: Facts) -> str:
    parts = [f"Made {plural(answer.count('takes'), 'take')}", dollars(answer.number("usd"))]
    missing = len(answer.rows("missing"))
    export = answer.under("export")
    parts += [f"{plural(missing, 'beat')} missing, not exported"] if missing else []
    parts += [_exported(asked, export)] if export else []
    return " · ".join(parts)


def _done(otherwise: str) -> Callable[[Facts, Facts], str]:
    """The answer says itself what was done."""
    return lambda _, answer: answer.text("done").removesuffix(".") or otherwise


def _proposed(otherwise: str) -> Callable[[Facts, Facts], str]:
    """What a draft is and comes to, in the answer's own words; nothing is saved by it."""
    return lambda _, answer: " · ".join((otherwise, *answer.texts("says")[1:2])).removesuffix(".")


DEED_WORDS: Mapping[str, DeedWords] = {
    "validate_els_script": DeedWords("check the script", "Checking the script", _checked),
    "parse_els_script": DeedWords("read the script", "Reading the script", _read_script),
    "read_beat": DeedWords(
        "read {beats}", "Reading {beats}", lambda asked, _: f"Read {asked.text('beat') or 'a beat'}"
    ),
    "edit_beat": DeedWords("change {beats}", "Changing {beats}", _done("Changed a beat")),
    "write_els_script": DeedWords("write a script", "Writing a script", _proposed("Wrote a script")),
    "punch_up_beat": DeedWords("rewrite {beats}", "Rewriting {beats}", _proposed("Rewrote a beat")),
    "suggest_directions": DeedWords(
        "suggest directions", "Thinking of directions", _proposed("Suggested directions")
    ),
    "accept_script": DeedWords("save the script", "Saving the script", _done("Saved the script")),
    "create_production_session": DeedWords("make a session", "Making a session", _done("Made a session")),
    "get_production_session": DeedWords("look at the session", "Looking at the session", _looked),
    "list_sessions": DeedWords("look through the sessions", "Looking through the sessions", _listed),
    "update_session_status": DeedWords(
        "change the session's status", "Changing the session's status", _done("Changed the session's status")
    ),
    "delete_session": DeedWords("delete the session", "Deleting the session", _done("Deleted the session")),
    "get_voice_profile": DeedWords(
        "look at a voice",
        "Looking at a voice",
        lambda asked, _: f"Looked at {asked.text('character')}'s voice",
    ),
    "list_voice_profiles": DeedWords(
        "look at the cast", "Looking at the cast", lambda _, __: "Looked at the cast"
    ),
    "update_voice_profile": DeedWords("change a voice", "Changing a voice", _done("Changed a voice")),
    "generate_beat_audio": DeedWords("make takes of {beats}", "Making takes of {beats}", _made),
    "regenerate_beat_audio": DeedWords(
        "make another take of {beats}", "Making another take of {beats}", _made
    ),
    "generate_missing_or_stale": DeedWords(
        "make what is missing or stale", "Making what is missing or stale", _made
    ),
    "compare_takes": DeedWords("compare the takes of {beats}", "Comparing the takes of {beats}", _compared),
    "select_take": DeedWords("pick a take of {beats}", "Picking a take of {beats}", _done("Picked a take")),
    "estimate_cost": DeedWords("estimate the cost", "Estimating the cost", _estimated),
    "export_episode": DeedWords("export the episode", "Exporting the episode", _exported),
    "export_selected_takes": DeedWords("pack the picked takes", "Packing the picked takes", _exported),
    "job_status": DeedWords("look at the work", "Looking at the work", _worked),
    "cancel_jobs": DeedWords("drop what waits", "Dropping what waits", _done("Dropped what waits")),
    "complete_audio_workflow": DeedWords("make the whole episode", "Making the whole episode", _episode),
}
"""Tool -> its words."""
