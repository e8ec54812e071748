"""Scripts for hypothesis: good ones, the same ones damaged, and heaps of their pieces."""

from hypothesis import strategies as st

_WORDS = st.sampled_from(
    [
        "Fog",
        "the gull",
        "*light*",
        "**strong one**",
        "***all***",
        "2*3*4",
        "*open",
        "[1]",
        "ß",
        "e\u0301",
        "¡No!",
        "…",
        "a  b",
        ",",
        "x*",
        "[oops",
        "]",
        "\u202e",
        "\U0001f43f",
        "\u00a0",
        "\u2028",
        "# not",
        "name: x",
        "---",
        "[[a]",
    ]
)
_TAGS = st.sampled_from(
    [
        "[CHARACTER: fed]",
        "[character:Every Coon]",
        "[PACE: fast]",
        "[Pace:NORMAL]",
        "[DIRECTION: Flat, bored]",
        "[DIRECTION:]",
        "[STYLE: 0]",
        "[STYLE:]",
        "[STABILITY: 0.70]",
        "[PAUSE: beat]",
        "[PAUSE: 0]",
        "[pause:1.5 s]",
        "[PAUSE: 300 ms]",
        "[laughs]",
        "[ Sighs ]",
        "[SFX: gull]",
        "[PAUSE]",
        "[http://x]",
        "[DIRECTION: a [b]",
    ]
)
_BLANKS = st.sampled_from(["", " ", "  ", "\t", " "])
_BODY = st.lists(st.tuples(_WORDS | _TAGS, _BLANKS).map("".join), max_size=7).map("".join)
_OUTSIDE = st.sampled_from(
    ["", "", "", "notes", " # more\n\n\nnotes ", "[PACE: x]", "text [META]", "\n\ufeff[META]"]
)
_VALUES = st.sampled_from(["", "A: B", "Fog [BEAT: x]", "café", " x "])


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """A script without errors, in any spelling that the format allows, with or without warnings."""
    meta = ["[META]", f"video_title:{draw(_VALUES)}", f"PROJECT : {draw(_VALUES)}"]
    meta += draw(
        st.lists(st.sampled_from(["words", "author: x", "default_pace: Slow", "default_character:fed", ""]))
    )
    if draw(st.booleans()):
        meta[0:2] = [f"[meta] {meta[1]}"]
    blocks = ["\n".join(meta)]
    for place in range(draw(st.integers(1, 4))):
        lines = "\n".join(draw(st.lists(_BODY, max_size=5)))
        end = draw(
            st.sampled_from(["\n[END_BEAT]", " [end beat]", "\n  [END_BEAT] behind", "[END_BEAT] [META]"])
        )
        identity = draw(st.sampled_from([f"{place:02d}_a", f"b{place}"]))
        blocks.append(f"  [BEAT:{identity}]\n\nname : N {place}\n --- \n{lines}{end}")
    if draw(st.booleans()):
        blocks.append(blocks.pop(0))
    outside = [draw(_OUTSIDE) for _ in blocks]
    if blocks[0].lstrip().casefold().startswith("[meta]"):
        outside[1] = ""
    pieces = [piece for pair in zip(outside, blocks, strict=True) for piece in pair]
    return draw(st.sampled_from(["\n", "\r\n", "\r"])).join("\n".join(pieces).split("\n"))


@st.composite
def damaged_scripts(draw: st.DrawFn) -> str:
    """A script with a few places cut out, doubled or overwritten."""
    text = draw(scripts())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        new = draw(
            st.sampled_from(["", "\n", "[", "]", ":", "*", "\x00", "\ud800", "\ufeff", "x"]) | _TAGS | _WORDS
        )
        text = text[:at] + new + text[at + length :]
    return text


fragments = st.lists(
    st.sampled_from(
        [
            "[META]",
            "[BEAT: a]",
            "[BEAT:",
            "[END_BEAT]",
            "name: N",
            "---",
            "\n",
            "\r\n",
            "\r",
            " ",
            "[",
            "]",
            ":",
            "*",
            "video_title: T",
            "project: p",
            "default_pace: x",
            "\x85",
            "\x00",
            "\u202e",
            "\ufeff",
            "text",
            "// x",
        ]
    )
    | _TAGS
    | _WORDS,
    max_size=40,
).map("".join)
"""Heaps of what scripts are made of, in no order."""
