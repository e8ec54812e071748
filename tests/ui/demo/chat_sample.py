"""Conversations in every state, and an agent that answers word by word."""

from dataclasses import replace

import streamlit as st

from tests.ui.demo.play import LOG
from tests.ui.demo.sample import EVIL, SESSION, ident, peaks
from viraltracker.ui.components.chat import Answered, ChatEvent, GoOn, Say, Stop
from viraltracker.ui.views import Badge, Card, Cell, Column, Row, Sheet
from viraltracker.ui.views.chat import (
    Ask,
    ChatLine,
    ChatView,
    Deed,
    File,
    Player,
    QuestionsView,
    Returned,
    Setup,
    Way,
    Words,
)

CONVERSATION = ident("conversation")
SCRIPT = "[META]\nvideo_title: Fog\n\n" + "".join(
    f"[BEAT: {n:02}_beat]\nname: Beat {n}\n---\nThe harbour is closed.\n[END_BEAT]\n\n" for n in range(1, 13)
)
ANSWER = (
    "The hook has three takes now. **Take 2** is the driest; take 3 runs long.\n\n"
    "- take 1 `0:02.4`\n- take 2 `0:02.6`"
)


def _player(number: int, pitch_hz: int, length_ms: int, badge: Badge) -> Player:
    return Player(
        ident(f"chat-take-{number}"),
        f"03_hook · take {number}",
        f"0:0{length_ms / 1000:.1f}",
        length_ms,
        f"/demo/tone/{pitch_hz}-{length_ms}.wav",
        peaks(number),
        badge,
    )


CLEAN = Badge("clean", "picked")
MADE = Deed(
    "done",
    "Made 3 takes of 03_hook · $0.01",
    detail='{\n "beats": ["03_hook"],\n "takes_each": 3\n}',
    players=(
        _player(1, 220, 2400, CLEAN),
        _player(2, 260, 2600, CLEAN),
        _player(3, 300, 4100, Badge("long", "review", ("Longer than its text should take.",))),
    ),
    ways=(Way("Open beat", "takes", SESSION, ident("03")),),
)
SPEND = Ask(
    ident("spend"),
    "review",
    'Make what is missing or stale of "Lighthouse Diaries, Ep 3"',
    "about $0.12",
    "Yes, about $0.12",
    "No",
    call="call-spend",
    facts=("04_turn, 07_gulls, 11_form, 12_fine", "1,204 characters"),
)
DELETE = Ask(
    ident("delete"),
    "failed",
    'Delete "Untitled"',
    "",
    "Yes, delete",
    "No, keep it",
    call="call-delete",
    lines=("Into the trash for 30 days; takes that wait are dropped.",),
)
WRITE = Ask(
    ident("write"),
    "generating",
    'Change beat 03_hook of "Lighthouse Diaries, Ep 3"',
    "",
    "Yes, save this",
    "No, leave it",
    call="call-write",
    diff=(
        " [BEAT: 03_hook]",
        " name: The Hook",
        " ---",
        "-And then the light went out.",
        "+And then, at nine sharp, the light went out.",
        " [END_BEAT]",
    ),
)
EXPORTED = Deed(
    "done",
    "Exported lighthouse-diaries-ep-3.mp3 · 12:40 · -19.0 LUFS",
    ways=(Way("Episode", "episode", SESSION),),
    file=File("Get lighthouse-diaries-ep-3.mp3", "/download/demo"),
)


def said(number: int, by: str, text: str) -> ChatLine:
    return ChatLine(f"w{number}", words=Words(by, text))  # type: ignore[arg-type]


def did(number: int, deed: Deed) -> ChatLine:
    return ChatLine(f"d{number}", deed=deed)


PLAIN = ChatView(
    CONVERSATION,
    4,
    (
        said(1, "producer", "Three takes of the hook, please, and tell me which is the driest."),
        did(2, Deed("done", "Looked at Lighthouse Diaries, Ep 3", detail="{}")),
        did(3, MADE),
        did(
            4,
            Deed(
                "failed",
                "Couldn't pick a take of 04_turn",
                why="Beat 04_turn has no take 7. Its takes: 1, 2.",
            ),
        ),
        did(5, Deed("denied", "You said no: didn't delete the session")),
        said(6, "agent", ANSWER),
        said(7, "producer", "Then fill the gaps and export."),
        did(8, EXPORTED),
    ),
)
SETUP = (
    Setup(
        "A model on this machine: Ollama, llama.cpp, vLLM",
        ("Model      qwen3:8b", "Base URL   http://127.0.0.1:11434/v1"),
    ),
    Setup(
        "A cloud model",
        ("Model      anthropic:claude-sonnet-4-5", "and ANTHROPIC_API_KEY in the environment"),
    ),
)
EXAMPLES = (
    "Where does this episode stand, and what is missing?",
    "Make what is missing or stale, and tell me what it costs first",
    "Master the episode and tell me its length and loudness",
)


def _asking(*asks: Ask) -> ChatView:
    return replace(PLAIN, lines=(*PLAIN.lines, *(ChatLine(ask.call, ask=ask) for ask in asks)))


def _long() -> ChatView:
    lines = []
    for number in range(100):
        lines += [
            said(number * 3, "producer", f"Take {number}, please."),
            did(number * 3 + 1, replace(MADE, players=MADE.players[:1])),
            said(number * 3 + 2, "agent", ANSWER),
        ]
    return replace(PLAIN, lines=tuple(lines))


def _hostile() -> ChatView:
    deed = Deed(
        "failed", EVIL, EVIL, EVIL, ways=(Way(EVIL, "takes", SESSION),), file=File(EVIL, "/download/x")
    )
    player = replace(_player(1, 220, 800, Badge(EVIL, "failed", (EVIL,))), label=EVIL)
    ask = replace(
        WRITE, title=EVIL, cost=EVIL, facts=(EVIL,), lines=(EVIL,), diff=(EVIL, f"+{EVIL}"), lapsed=EVIL
    )
    pieces = (
        f"# {EVIL}",
        f"- {EVIL}\n- **{EVIL}**",
        f"`{EVIL}`",
        f"```\n{EVIL}\n```",
        f"| {EVIL} |",
        "[a](javascript:x)",
    )
    marked = "\n\n".join(pieces)
    lines = (
        said(1, "producer", EVIL),
        said(2, "agent", marked),
        did(3, replace(deed, players=(player,))),
        ChatLine("ask", ask=ask),
    )
    return replace(PLAIN, lines=lines, notice=EVIL, tone="failed", doing=EVIL, go_on=EVIL)


KINDS = {
    "plain": PLAIN,
    "spend": _asking(SPEND),
    "asks": _asking(WRITE, DELETE),
    "empty": ChatView(CONVERSATION, 0, examples=EXAMPLES),
    "closed": ChatView(CONVERSATION, 0, closed="Set a model, then say what you want.", setup=SETUP),
    "long": _long(),
    "pasted": replace(PLAIN, lines=(said(1, "producer", SCRIPT), said(2, "agent", "Twelve beats."))),
    "broken": replace(PLAIN, notice="The answer was cut off. Say “go on”.", tone="review"),
    "elsewhere": replace(PLAIN, busy="elsewhere", doing="The agent is answering in another tab."),
    "working": replace(
        PLAIN,
        busy="here",
        lines=(*PLAIN.lines, did(9, Deed("working", "Making takes of 4 beats: 2 of 4, 0:08 left"))),
    ),
    "conflict": PLAIN,
    "slow": _long(),
    "hostile": _hostile(),
}
QUESTIONS = QuestionsView("Waiting for your yes", (replace(SPEND, call=""),))
SIDE = Sheet(
    (
        Card(
            "usage",
            "This conversation",
            (Column(""), Column("", "number")),
            tuple(
                Row(name, (Cell(name), Cell(value)))
                for name, value in (
                    ("Requests", "12"),
                    ("Tokens in", "48,120"),
                    ("Tokens out", "2,310"),
                    ("Cost", "~$0.18"),
                )
            ),
        ),
        Card(
            "conversations",
            "Conversations",
            (Column(""), Column("", "fit")),
            (
                Row("1", (Cell("just now", sub="14 messages", strong=True), Cell(""))),
                Row("2", (Cell("yesterday 21:03", sub="6 messages"), Cell("cut off", tone="review")), "Open"),
            ),
        ),
    )
)


def current_chat() -> ChatView:
    """The conversation as it stands in this tab; a slow agent says one more word with every look."""
    if "demo_chat" not in st.session_state:
        st.session_state.demo_chat = KINDS[st.query_params.get("kind", "plain")]
    left = st.session_state.get("demo_words", [])
    if left:
        chat: ChatView = st.session_state.demo_chat
        words = f"{chat.lines[-1].words.text}{left.pop(0)}\n\n" if chat.lines[-1].words else ""
        lines = (*chat.lines[:-1], said(99, "agent", words))
        st.session_state.demo_chat = replace(chat, lines=lines, busy="here" if left else "", doing="")
    return st.session_state.demo_chat


def acted(event: ChatEvent) -> None:
    """Take note of it, and go on as a studio would."""
    LOG.append(event.model_dump_json())
    chat = st.session_state.get("demo_chat", PLAIN)
    match event:
        case Say(text=text) if st.query_params.get("kind") == "conflict":
            notice = (
                "This conversation went on in another tab. What was said there is shown now; say yours again."
            )
            chat = replace(
                chat, notice=notice, tone="review", returned=Returned(text, f"n{len(LOG.wait(0))}")
            )
        case Say(text=text):
            lines = (*chat.lines, said(98, "producer", text), said(99, "agent", ""))
            chat = replace(chat, lines=lines, busy="here", examples=())
            many = 600 if st.query_params.get("kind") == "slow" else 6
            st.session_state.demo_words = [f"word{n}" for n in range(many)]
        case Answered(call=call, yes=yes):
            lines = tuple(
                replace(line, ask=replace(line.ask, answer="yes" if yes else "no"))
                if line.ask and line.ask.call == call
                else line
                for line in chat.lines
            )
            chat = replace(chat, lines=lines)
        case Stop():
            st.session_state.demo_words = []
            chat = replace(
                chat, busy="", notice="Stopped. What was said and done until here is kept.", tone="review"
            )
        case GoOn():
            chat = replace(chat, go_on="")
    st.session_state.demo_chat = chat
