import re
from collections import Counter

import pytest

from viraltracker.ui.components import bundle

PARTS = ("board", "editor", "timeline", "cards", "cast", "chat", "questions")
DECLARED = re.compile(r"^(?:async )?(?:function|const|let|class) \*?([\w$]+)", re.MULTILINE)
WRITES_MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function")


@pytest.mark.parametrize("part", PARTS)
def test_a_component_is_one_module_with_one_default(part: str) -> None:
    text = bundle.script(f"{part}/main.js")
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert len(re.findall(r"^export\b", text, re.MULTILINE)) == 1
    assert text.rstrip().splitlines()[-1].startswith("export default ")


@pytest.mark.parametrize("part", PARTS)
def test_no_name_is_declared_twice_in_a_component(part: str) -> None:
    names = Counter(DECLARED.findall(bundle.script(f"{part}/main.js")))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("part", PARTS)
def test_a_component_never_writes_markup(part: str) -> None:
    assert WRITES_MARKUP.findall(bundle.script(f"{part}/main.js")) == []


@pytest.mark.parametrize("part", PARTS)
def test_a_component_carries_the_tokens(part: str) -> None:
    style = bundle.style(f"{part}/{part}.css")
    used = set(re.findall(r"var\(--([\w-]+)", style))
    given = set(re.findall(r"--([\w-]+):", style))
    # Set by scripts, on the elements they draw.
    assert used - given <= {"c", "ci", "k", "qc", "qi", "t", "v", "played"}


def test_what_is_needed_stands_first() -> None:
    text = bundle.script("board/main.js")
    assert text.index("function el(") < text.index("function waveform(") < text.index("function takesPart(")


def test_modules_that_need_each_other_are_found(tmp_path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(ValueError, match="imports itself"):
        bundle.script(str(tmp_path / "a.js"))
