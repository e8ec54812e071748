from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from viraltracker.script import Beat, Cast, parse
from viraltracker.speech import Synthesizer
from viraltracker.speech.elevenlabs import ElevenLabsEngine
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.studio import Desk
from viraltracker.takes import (
    BeatRow,
    Finding,
    Generate,
    Judgement,
    Planner,
    Revision,
    Session,
    SessionPage,
    Take,
    as_script_cast,
    batch_under_way,
    session_standing,
)
from viraltracker.takes.cast import Member
from viraltracker.takes.overview import session_line
from viraltracker.ui.show.board import board_view
from viraltracker.ui.show.frame import frame_view
from viraltracker.ui.show.head import takes_sub
from viraltracker.ui.show.progress import batch_progress
from viraltracker.ui.show.script import mended_text, save_label, script_sheet
from viraltracker.ui.show.sessions import sessions_sheet
from viraltracker.ui.show.spans import beat_spans, changed_spans, pause_chip
from viraltracker.ui.show.words import ago, clock_tenths, dollars, percent, plural, seconds_left
from viraltracker.ui.views import BeatLine, BoardView, Span
from viraltracker.voices import seeded_cast, seeded_profiles

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ENGINES: dict[str, Synthesizer] = {"espeak": EspeakEngine(), "elevenlabs": ElevenLabsEngine(None)}
MEMBERS = tuple(Member(c, p, 1) for c, p in zip(seeded_cast(), seeded_profiles(), strict=True))
PLANNER = Planner({m.character.id: m.profile for m in MEMBERS}, ENGINES)
CAST: Cast = as_script_cast(MEMBERS)
HEAD = "[META]\nvideo_title: Fog\nproject: harbour\n\n"


def beats_of(*bodies: str) -> tuple[Beat, ...]:
    els = HEAD + "".join(
        f"[BEAT: b{n}]\nname: Beat {n}\n---\n{body}\n[END_BEAT]\n\n" for n, body in enumerate(bodies, 1)
    )
    found = parse(els, CAST)
    assert found.script is not None, found.errors
    return found.script.beats


def take(beat: Beat, number: int = 1, **facts) -> Take:
    revision = facts.pop("revision", Revision())
    return Take(
        id=uuid4(),
        beat=uuid4(),
        number=number,
        plan=PLANNER.plan(beat, revision),
        revision=revision,
        **{
            "plan_key": "k",
            "batch": UUID(int=1),
            "parts": 1,
            "parts_done": 1,
            "requested_at": NOW,
            "status": "done",
            "duration_ms": 2000,
            **facts,
        },
    )


def row(
    beat: Beat, takes: Iterable[Take] = (), selected: UUID | None = None, locked: bool = False
) -> BeatRow:
    return BeatRow(uuid4(), beat.id, beat.number - 1, beat, locked, "", selected, tuple(takes))


def desk(*rows: BeatRow, live: bool = True, planner: Planner = PLANNER, **facts) -> Desk:
    session = Session(
        UUID(int=7), "Fog", "harbour", 1, NOW, NOW, facts.pop("spent_usd", 0.0), rows, (), **facts
    )
    return Desk(session, session_standing(session, planner, live), planner, MEMBERS, live)


def board(at: Desk) -> BoardView:
    class Nobody:
        async def call(self, function: str, /, **arguments: object) -> object:
            raise AssertionError("a view asks nobody")

    return board_view(at, Generate(Nobody(), at.planner), lambda sha256: f"/audio/{sha256}")


def lines(at: Desk) -> tuple[BeatLine, ...]:
    return board(at).beats


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (plural(1, "beat"), "1 beat"),
        (plural(1200, "beat"), "1,200 beats"),
        (dollars(0), "free"),
        (dollars(0.0004), "~$0.01"),
        (dollars(1.5), "$1.50"),
        (dollars(1.5, exact=False), "~$1.50"),
        (clock_tenths(4149), "0:04.1"),
        (clock_tenths(59_960), "1:00.0"),
        (seconds_left(0.2), "0:01 left"),
        (seconds_left(107.6), "1:48 left"),
        (percent(0.3), ".30"),
        (percent(1.0), "1.00"),
        (pause_chip(150), "150 ms"),
        (pause_chip(1200), "1.2 s"),
        (ago(NOW - timedelta(seconds=5), NOW), "just now"),
        (ago(NOW - timedelta(minutes=12), NOW), "12 min ago"),
        (ago(NOW - timedelta(hours=3), NOW), "today 09:00"),
        (ago(NOW - timedelta(hours=13), NOW), "yesterday 23:00"),
        (ago(datetime(2025, 11, 3, tzinfo=UTC), NOW), "3 Nov 2025"),
    ],
)
def test_figures_read_as_a_producer_says_them(said: str, expected: str) -> None:
    assert said == expected


def test_spans_carry_emphasis_pauses_tags_and_turns() -> None:
    (beat,) = beats_of(
        "It **always** is. [PAUSE: beat] My *lunch* [laughs]\n[CHARACTER: fed]\nNo.\n[PAUSE: 700]"
    )
    spans = [(span.kind, span.text) for span in beat_spans(beat)]
    assert ("strong", "ALWAYS") in spans
    assert ("pause", "150 ms") in spans
    assert ("light", "lunch") in spans
    assert ("tag", "[laughs]") in spans
    assert ("who", "fed") in spans
    assert spans[-1] == ("pause", "700 ms")


def test_the_usual_pause_goes_without_saying() -> None:
    (beat,) = beats_of("The harbour is closed.")
    assert beat_spans(beat) == (Span("The harbour is closed."),)


def test_changes_since_a_take_are_taken_out_and_put_in() -> None:
    before, after = beats_of("The fog had manners then."), beats_of("The fog had opinions, then.")
    spans = changed_spans(PLANNER.plan(before[0]), after[0])
    assert [(span.kind, span.text) for span in spans] == [
        ("text", "The fog had "),
        ("del", "manners"),
        ("ins", "opinions,"),
        ("text", " then."),
    ]


def test_a_board_line_says_where_its_beat_stands_and_what_it_would_cost() -> None:
    first, second, third = beats_of(
        "One line.", "[STYLE: 0.7]\n[DIRECTION: Loud]\nTwo lines.", "Three lines."
    )
    done = take(first)
    empty, unused, failing = (
        row(first, [done], done.id),
        row(second),
        row(third, [take(third, status="failed", duration_ms=None, error={"message": "No voice."})]),
    )
    picked, second_line, failed = lines(desk(empty, unused, failing))
    assert (picked.state, picked.generate, picked.takes[0].clock) == ("picked", "", "0:02.0")
    assert second_line.generate == "Generate · 10 chars · free"
    assert second_line.more == "eSpeak NG · 10 chars · direction, style not used by this voice"
    assert second_line.revise is not None
    assert second_line.revise.style.unused.startswith("eSpeak NG doesn't use this")
    assert second_line.revise.direction_unused.startswith("eSpeak NG takes no direction")
    assert second_line.starts_ms == 2300
    assert failed.problem is not None
    assert failed.problem.message == "No voice."
    assert [action.id for action in failed.problem.actions] == ["again", "voices"]


def test_a_held_pace_is_said() -> None:
    (beat,) = beats_of("[CHARACTER: fed]\n[PACE: slow]\nClosed.")
    (line,) = lines(desk(row(beat)))
    assert line.pace == "slow ×0.70, held from ×0.53"


def test_paces_that_come_to_the_same_speed_say_so_at_their_stops() -> None:
    (beat,) = beats_of("Closed.")
    paces = board(desk(row(beat))).paces
    stops = {who: {stop.name: stop.speed for stop in found} for who, found in paces.items()}
    assert stops["wojak"] == {
        "slow": "×0.82",
        "deliberate": "×0.94",
        "normal": "×1.10",
        "quick": "×1.19",
        "fast": "same as chaos here: held to ×1.20",
        "chaos": "same as fast here: held to ×1.20",
    }
    assert stops["fed"]["slow"] == "same as deliberate and normal here: held to ×0.70"
    assert stops["fed"]["normal"] == "same as slow and deliberate here: ×0.70"
    assert stops["boomer"]["slow"] == "×0.70, held from ×0.64"


def test_a_paid_engine_names_its_price_and_offers_a_free_one() -> None:
    paid = replace(MEMBERS[0].profile, engine="elevenlabs")
    planner = Planner({**PLANNER.profiles, paid.character: paid}, ENGINES)
    (beat,) = beats_of("A line that costs something to say.")
    failed = take(beat, status="failed", duration_ms=None, error={"message": "No key."})
    failed = replace(failed, plan=planner.plan(beat))
    (line,) = lines(desk(row(beat, [failed]), planner=planner))
    assert line.problem is not None
    assert line.problem.actions[-1].id == "espeak"
    (empty,) = lines(desk(row(beat), planner=planner))
    assert empty.generate.startswith("Generate · 35 chars · ~$0.0")


def test_a_character_without_a_voice_is_a_problem_with_a_way_out() -> None:
    planner = Planner({}, ENGINES)
    (beat,) = beats_of("Who speaks?")
    (line,) = lines(desk(row(beat), planner=planner))
    assert line.state == "failed"
    assert line.problem is not None
    assert line.problem.actions[0].id == "voices"


def test_a_take_is_badged_by_the_worst_that_was_heard() -> None:
    (beat,) = beats_of("One line.")
    findings = (
        Finding("long", "Longer than the text.", "warn", 2.0),
        Finding("ending-cut", "Cut.", "fail", 1.0),
    )
    clean = take(beat, 1, judgement=Judgement("clean", (), 900))
    bad = take(beat, 2, judgement=Judgement("fail", findings, 900))
    old = replace(take(beat, 3), plan=replace(PLANNER.plan(beat), leading_pause_ms=500))
    (line,) = lines(desk(row(beat, [clean, bad, old])))
    badges = [found.badge for found in line.takes]
    assert [(badge.word, badge.tone) for badge in badges if badge] == [
        ("clean", "picked"),
        ("ending cut", "failed"),
        ("old settings", "stale"),
    ]
    assert badges[1] is not None
    assert badges[1].reasons == ("Longer than the text.", "Cut.")


def test_a_revised_take_says_what_it_was_made_from() -> None:
    (beat,) = beats_of("One line.")
    first = take(beat, 1)
    second = take(beat, 2, revision=Revision(pace="slow"), made_from=first.id)
    (line,) = lines(desk(row(beat, [first, second])))
    assert line.takes[1].made == "Take 2 made from take 1: pace normal → slow"


def test_progress_tells_what_is_left_once_there_is_something_to_tell_from() -> None:
    beats = beats_of("One.", "Two.", "Three.", "Four.")
    done = [take(b, finished_at=NOW + timedelta(seconds=10 * n)) for n, b in enumerate(beats[:2], 1)]
    waiting = [take(b, status="queued", duration_ms=None, parts_done=0) for b in beats[2:]]
    rows = [row(b, [t]) for b, t in zip(beats, done + waiting, strict=True)]
    progress = batch_progress(batch_under_way(desk(*rows).session), True)
    assert progress is not None
    assert (progress.share, progress.text) == (0.5, "2 of 4 · 0:20 left")
    idle = batch_progress(batch_under_way(desk(*rows).session), False)
    assert idle is not None
    assert "no job worker is running" in idle.text
    assert batch_progress(batch_under_way(desk(row(beats[0], done[:1])).session), True) is None


def test_head_and_sidebar_count_the_same() -> None:
    first, second = beats_of("One line.", "[CHARACTER: fed]\nTwo lines.")
    done = take(first)
    at = desk(row(first, [done], done.id), row(second), spent_usd=1.84, cap_usd=5.0)
    assert takes_sub(at).startswith("harbour · 1 of 2 beats picked · ")
    assert takes_sub(at).endswith(" planned · 2 voices · spent $1.84 of $5.00")
    assert (frame_view(at, 2, 6).takes, frame_view(at, 2, 6).activity) == ("1 / 2", "2 running")
    line = session_line(at.session, PLANNER, True)
    (card,) = sessions_sheet(SessionPage((line,), 0, 1), "active", "", NOW, True).cards
    assert card.rows[0].cells[1].text == "1 beat missing"
    assert (card.actions, card.note) == ((), "")
    (none,) = sessions_sheet(SessionPage((), 0, 0), "active", "gull", NOW, True).cards
    assert none.nothing == 'No session\'s title holds "gull".'


def test_a_long_list_of_sessions_has_pages() -> None:
    (beat,) = beats_of("One line.")
    line = session_line(desk(row(beat)).session, PLANNER, True)
    (card,) = sessions_sheet(SessionPage((line, line), 100, 250), "active", "", NOW, True).cards
    assert [action.id for action in card.actions] == ["newer", "older"]
    assert card.note == "101 to 102 of 250"


def test_saving_nothing_new_shows_no_changes() -> None:
    text = HEAD + "[BEAT: b1]\nname: One\n---\nThe harbour is closed.\n[END_BEAT]\n"
    saved = parse(text, CAST)
    same = script_sheet(saved, saved.script, 1, MEMBERS, PLANNER)
    assert [card.id for card in same.cards] == ["findings", "cast"]
    empty = script_sheet(None, None, None, MEMBERS, PLANNER)
    assert (empty.cards[0].title, empty.cards[0].nothing.partition(":")[0]) == (
        "Findings",
        "Nothing is written yet",
    )
    changed = parse(text.replace("closed", "open"), CAST)
    sheet = script_sheet(changed, saved.script, 1, MEMBERS, PLANNER)
    assert [card.id for card in sheet.cards] == ["findings", "changes", "cast"]
    cells = [cell.text for cell in sheet.cards[1].rows[0].cells]
    assert cells == ["1 beat", "text changed, takes become stale", "free"]


def test_a_finding_is_mended_in_its_place() -> None:
    text = HEAD + "[BEAT: b1]\nname: One\n---\n[CHARACTER: wojack]\nNo.\n[END_BEAT]\n"
    found = parse(text, CAST)
    assert save_label(found, 3) == "Save version 4 · mend 1 error first"
    mended = mended_text(text, found.errors[0])
    assert mended == text.replace("wojack", "wojak")
    assert save_label(parse(mended, CAST), None) == "Create session"
