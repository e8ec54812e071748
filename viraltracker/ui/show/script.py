"""A draft of a script beside its findings, what saving would change, and who speaks. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from viraltracker.errors import BadInput
from viraltracker.script import Diagnostic, Diff, Parsed, Script, diff
from viraltracker.speech import Synthesizer
from viraltracker.takes import Member, Planner
from viraltracker.ui.show.words import dollars, plural
from viraltracker.ui.views.board import Action, CastColour, Span, Tone
from viraltracker.ui.views.cards import Card, Cell, Column, Row, Sheet
from viraltracker.ui.views.editor import Mark
from viraltracker.units import clock

__all__ = ["marks", "mended_text", "save_label", "script_sheet", "script_sub"]

MOST_FINDINGS = 200
"""Rows of findings; the rest is counted in words."""


def marks(parsed: Parsed | None) -> tuple[Mark, ...]:
    """The findings as the editor underlines them."""
    found = parsed.diagnostics if parsed else ()
    return tuple(Mark(d.line, d.column, d.length, d.severity, d.message) for d in found[:MOST_FINDINGS])


def script_sub(parsed: Parsed | None, number: int | None, saved: bool) -> str:
    """`Version 4, not saved · 42 beats · about 12:40 · 9,310 characters`."""
    version = "A new session" if number is None else f"Version {number}" + ("" if saved else ", not saved")
    stats = parsed.stats if parsed else None
    if stats is None:
        return version
    return (
        f"{version} · {plural(stats.beats, 'beat')} · about {clock(stats.duration_ms)} · "
        f"{plural(stats.characters, 'character')}"
    )


def save_label(parsed: Parsed | None, number: int | None) -> str:
    """The save button's label: what it will make, or what is in the way."""
    what = "Create session" if number is None else f"Save version {number + 1}"
    if parsed is None or not parsed.errors:
        return what
    return f"{what} · mend {plural(len(parsed.errors), 'error')} first"


def mended_text(text: str, finding: Diagnostic) -> str:
    """The text with a finding's replacement put in."""
    lines = text.split("\n")
    line = lines[finding.line - 1]
    start = finding.column - 1
    lines[finding.line - 1] = line[:start] + (finding.replacement or "") + line[start + finding.length :]
    return "\n".join(lines)


def script_sheet(
    parsed: Parsed | None,
    saved: Script | None,
    number: int | None,
    members: Iterable[Member],
    planner: Planner,
) -> Sheet:
    """Findings, changes against the saved version, cast."""
    cast = tuple(members)
    cards = [_findings(parsed)]
    script = parsed.script if parsed else None
    if script is not None and saved is not None and number is not None and script != saved:
        cards.append(_changes(diff(saved, script), script, planner, number))
    cards.append(_cast(parsed, cast, planner.engines))
    return Sheet(tuple(cards))


def _findings(parsed: Parsed | None) -> Card:
    found = parsed.diagnostics if parsed else ()
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    counted = [plural(errors, "error")] * bool(errors) + [plural(warnings, "warning")] * bool(warnings)
    more = f"and {len(found) - MOST_FINDINGS:,} more" if len(found) > MOST_FINDINGS else ""
    return Card(
        "findings",
        ", ".join(counted) or ("No findings" if parsed else "Findings"),
        columns=(Column("", "fit"), Column(""), Column("", "fit")),
        rows=tuple(_finding(index, d) for index, d in enumerate(found[:MOST_FINDINGS])),
        nothing="The script is ready." if parsed else "Nothing is written yet: paste or upload a script.",
        note=more,
    )


def _finding(index: int, found: Diagnostic) -> Row:
    tone: Tone = "failed" if found.severity == "error" else "review"
    words = [Span(found.message)]
    if found.hint:
        words.append(Span(f" {found.hint[:1].upper()}{found.hint[1:]}", "light"))
    actions = (Action("fix", "Fix", quiet=True),) if found.replacement is not None else ()
    place = Cell(f"{found.line}:{found.column}", tone=tone)
    return Row(str(index), (place, Cell(spans=tuple(words)), Cell(actions=actions)), opens="Go to the line")


def _changes(change: Diff, script: Script, planner: Planner, number: int) -> Card:
    beats = {beat.id: beat for beat in script.beats}

    def cost(ids: Iterable[str]) -> str:
        usd, exact = 0.0, True
        for beat_id in ids:
            try:
                plan = planner.plan(beats[beat_id])
            except BadInput:
                continue
            usd, exact = usd + plan.usd, exact and plan.exact
        return dollars(usd, exact)

    added, removed, stale = change.having("added"), change.having("removed"), change.needing_takes
    quiet = change.only_trailing_pause
    kept = [beat for beat in change.keeping_takes if beat not in quiet]
    kinds: list[tuple[Tone, tuple[str, ...], str, str]] = [
        ("stale", stale, _stale_words(change), cost(stale)),
        ("empty", added, "new", cost(added)),
        ("picked", tuple(kept), "keep their takes", "free"),
        ("picked", quiet, "only the pause after it changed: no new take", "free"),
        ("locked", removed, "taken out of the script; their takes are kept", ""),
    ]
    rows = tuple(
        Row(f"change-{index}", (Cell(plural(len(ids), "beat"), dot=tone), Cell(words), Cell(price)))
        for index, (tone, ids, words, price) in enumerate(kinds)
        if ids
    )
    columns = (Column("", "fit"), Column(""), Column("", "number"))
    return Card("changes", f"What saving would change against version {number}", columns, rows)


def _stale_words(change: Diff) -> str:
    words = (
        "text changed"
        if set(change.having("text")).issuperset(change.needing_takes)
        else "text, settings or pauses changed"
    )
    return f"{words}, takes become stale"


def _cast(parsed: Parsed | None, members: tuple[Member, ...], engines: Mapping[str, Synthesizer]) -> Card:
    rows = tuple(_cast_rows(parsed, members, engines))
    columns = (
        Column("Character"), Column("Voice"), Column("Lines", "number"), Column("Minutes", "number"),
    )  # fmt: skip
    names = ", ".join(member.character.id for member in members)
    return Card("cast", "Cast", columns, rows, nothing=f"Who may speak: {names}.")


def _cast_rows(
    parsed: Parsed | None, members: tuple[Member, ...], engines: Mapping[str, Synthesizer]
) -> Iterator[Row]:
    stats = parsed.stats.cast if parsed and parsed.stats else {}
    for member in sorted(
        members, key=lambda m: -(stats[m.character.id].lines if m.character.id in stats else 0)
    ):
        said = stats.get(member.character.id)
        if said is None:
            continue
        character, profile = member.character, member.profile
        engine = engines.get(profile.engine)
        title = engine.capabilities.title if engine else profile.engine
        voice = f"{title} · {profile.voice.voice}" if profile.voice else f"{title} · no voice yet"
        yield Row(
            character.id,
            (
                Cell(character.id, who=CastColour(character.colour_light, character.colour_dark)),
                Cell(voice),
                Cell(f"{said.lines}"),
                Cell(clock(said.duration_ms)),
            ),
        )
