"""The mock-up's script page; `?lines=20000` makes the text long."""

from dataclasses import replace

import streamlit as st

from tests.ui.demo.play import LOG
from tests.ui.demo.sample import CAST
from viraltracker.ui.components.cards import Clicked
from viraltracker.ui.components.editor import EditorEvent
from viraltracker.ui.views import Action, Card, Cell, Column, EditorView, Jump, Mark, Row, Sheet, Span, Tone

TEXT = """[META]
video_title: Lighthouse Diaries, Ep 3
project: harbour-tales
default_character: fed
default_pace: deliberate

[BEAT: 01_open]
name: Fog Rolls In
---
The harbour is closed. [PAUSE: beat]
It has **always** been closed.
[END_BEAT]

[BEAT: 02_reply]
name: The Gull Objects
---
[CHARACTER: wojack]
[DIRECTION: Rising panic]
[PACE: chaos]
No no no, my *whole lunch* is out there!
[SFX: gull]
[PAUSE: 1200]
[END_BEAT]"""
MARKS = (
    Mark(17, 13, 6, "error", "There is no character “wojack”. Did you mean wojak?"),
    Mark(21, 1, 11, "warning", "[SFX: …] is not a tag here; it will not be spoken."),
)

FIX = Action("fix", "Fix", quiet=True)


def _finding(number: str, tone: Tone, *spans: Span, action: Action | None = None) -> Row:
    cells = (Cell(number, tone=tone), Cell(spans=spans), Cell(actions=(action,) if action else ()))
    return Row(number, cells, opens="Jump to the line")


def _change(name: str, tone: Tone | None, count: str, words: str, cost: str) -> Row:
    return Row(name, (Cell(count, dot=tone, faint=tone is None), Cell(words, faint=tone is None), Cell(cost)))


def _speaker(name: str, voice: str, lines: str, minutes: str) -> Row:
    return Row(name, (Cell(name, who=CAST[name]), Cell(voice), Cell(lines), Cell(minutes)))


SHEET = Sheet(
    (
        Card(
            "findings",
            "1 error, 1 warning",
            (Column(kind="fit"), Column(), Column(kind="fit")),
            (
                _finding(
                    "17:13",
                    "failed",
                    Span("There is no character “wojack”. Did you mean "),
                    Span("wojak", "strong"),
                    Span("? "),
                    Span("every-coon, boomer, fed, whale, wojak, chad", "light"),
                    action=FIX,
                ),
                _finding(
                    "21:1",
                    "review",
                    Span("[SFX: …]", "tag"),
                    Span(" is not a tag here; it will not be spoken."),
                ),
            ),
        ),
        Card(
            "changes",
            "What saving would change against version 4",
            (Column(kind="fit"), Column(), Column(kind="number")),
            (
                _change("stale", "stale", "3 beats", "text changed, their takes become stale", "~$0.06"),
                _change("new", "empty", "2 beats", "new", "~$0.03"),
                _change("same", "picked", "37 beats", "keep their takes", "$0.00"),
                _change("pause", None, "1 beat", "only its pause changed: no new take", ""),
            ),
        ),
        Card(
            "cast",
            "Cast",
            (Column("Character"), Column("Voice"), Column("Lines", "number"), Column("Minutes", "number")),
            (
                _speaker("fed", "ElevenLabs · Arthur", "31", "4:02"),
                _speaker("wojak", "ElevenLabs · Sam", "24", "2:51"),
                _speaker("boomer", "Worker · csm/boomer-v2", "17", "2:40"),
                _speaker("whale", "Worker · csm/whale-v2", "11", "1:22"),
                _speaker("every-coon", "eSpeak · en-us+m3", "9", "1:05"),
                _speaker("chad", "ElevenLabs · no voice yet", "8", "0:40"),
            ),
        ),
    )
)


def editor_view() -> EditorView:
    """The editor as it stands in this tab."""
    if "demo_editor" not in st.session_state:
        lines = int(st.query_params.get("lines", "0"))
        text = (
            "\n".join(f"{n}: It has **always** been closed, said number {n}." for n in range(lines)) or TEXT
        )
        version = int(st.query_params.get("version", "4"))
        st.session_state.demo_editor = EditorView(text, 1, "me:demo", version, () if lines else MARKS)
    return st.session_state.demo_editor


def acted(event: EditorEvent) -> None:
    """Keep the text; find `wojack` again wherever it went, as a studio would."""
    LOG.append(
        event.model_dump_json()
        if len(event.text) < 5000
        else f'{{"kind":"{event.kind}","n":{len(event.text)}}}'
    )
    lines = event.text.split("\n")
    marks = tuple(
        Mark(
            number,
            line.index("wojack") + 1,
            6,
            "error",
            "There is no character “wojack”. Did you mean wojak?",
        )
        for number, line in enumerate(lines, 1)
        if "wojack" in line
    )
    st.session_state.demo_editor = replace(editor_view(), text=event.text, marks=marks)


def clicked(click: Clicked) -> None:
    """Jump to a finding, or mend it."""
    LOG.append(click.model_dump_json())
    view = editor_view()
    if click.action == "fix":
        text = view.text.replace("wojack", "wojak")
        st.session_state.demo_editor = replace(
            view, text=text, revision=view.revision + 1, marks=view.marks[1:]
        )
    elif click.card == "findings":
        line, column = (int(part) for part in click.row.split(":"))
        nonce = view.jump.nonce + 1 if view.jump else 1
        st.session_state.demo_editor = replace(view, jump=Jump(line, column, nonce, 6))


def formatted() -> None:
    """Another text, by the studio's hand."""
    view = editor_view()
    text = "[META]\nvideo_title: Formatted\n" + view.text.partition("\n")[2].partition("\n")[2]
    st.session_state.demo_editor = replace(view, text=text, revision=view.revision + 1, marks=())
