"""Habits that no tool checks for us: how errors are raised and caught, what is logged, honest tests."""

import ast
import builtins
import re

import pytest

from tests.architecture.sources import Module, module, modules, product, settle

BROAD = frozenset({"Exception", "BaseException"})
MISTAKES = frozenset({"ValueError", "TypeError", "AssertionError", "StopIteration", "SystemExit"})
"""Built-in errors that may be raised: a programmer's mistake, pydantic's protocol, and Python's own."""

REASON_WORDS = 3
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def _named(node: ast.expr | None) -> set[str]:
    """The names in an `except` clause or after a `raise`: last parts, without modules and arguments."""
    if isinstance(node, ast.Call):
        return _named(node.func)
    if isinstance(node, ast.Tuple):
        return set().union(*(_named(each) for each in node.elts))
    if isinstance(node, ast.Attribute):
        return {node.attr}
    return {node.id} if isinstance(node, ast.Name) else set()


def _has_reason(file: Module, line: int) -> bool:
    """A comment on the clause, or on a line next to it, says why, in more words than a linter's code."""
    near = " ".join(file.comments.get(at, "") for at in (line - 1, line, line + 1))
    words = re.sub(r"noqa:?\s*[A-Z0-9, ]*", "", near)
    return len(re.findall(r"\w{2,}", words)) >= REASON_WORDS


def _reraises(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and passing the same exception on catches nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def broad_excepts(files: tuple[Module, ...]) -> dict[str, str]:
    """Handlers for everything, without a reason beside them."""
    found = {}
    for file in files:
        for node in file.nodes:
            if isinstance(node, ast.ExceptHandler):
                broad = (node.type is None or _named(node.type) & BROAD) and not _reraises(node)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                broad = any(_named(each) & BROAD for each in node.args)
            else:
                continue
            if broad and not _has_reason(file, node.lineno):
                found[file.name] = f"{file.where(node)}: catches everything and doesn't say why"
    return found


def foreign_raises(files: tuple[Module, ...]) -> dict[str, str]:
    """Built-in exceptions raised where one of ours should be."""
    found = {}
    for file in files:
        for node in file.nodes:
            if isinstance(node, ast.Raise):
                for name in _named(node.exc) - MISTAKES:
                    builtin = getattr(builtins, name, None)
                    if isinstance(builtin, type) and issubclass(builtin, BaseException):
                        found[f"{file.name} raises {name}"] = (
                            f"{file.where(node)}: raises {name}; viraltracker.errors has the studio's own"
                        )
    return found


def error_classes(files: tuple[Module, ...]) -> dict[str, str]:
    """Exceptions defined outside the one tree; private ones are signals inside a file, and never leave it."""
    return {
        f"{file.name}.{node.name}": f"{file.where(node)}: {node.name} belongs into viraltracker.errors"
        for file in files
        if file.name != "viraltracker.errors"
        for node in file.nodes
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        for parent in node.bases
        if next(iter(_named(parent)), "").endswith(("Error", "Exception"))
        or _named(parent) & (BROAD | {"Warning"})
    }


def odd_events(files: tuple[Module, ...]) -> dict[str, str]:
    """Log calls whose message isn't a constant name like `take.made`: text in it could be anybody's."""
    found = {}
    for file in files:
        for name, call in file.calls:
            logger, _, level = name.rpartition(".")
            if level not in LEVELS or not re.search(r"(\b|_|get)log(ger)?(\(.*\))?$", logger.lower()):
                continue
            parts = call.args[0] if len(call.args) == 1 else None
            options = [parts.body, parts.orelse] if isinstance(parts, ast.IfExp) else [parts]
            for option in options:
                event = option.value if isinstance(option, ast.Constant) else None
                if not isinstance(event, str) or not EVENT.fullmatch(event):
                    found[f"{file.name}: {ast.unparse(call.args[0])}"] = (
                        f"{file.where(call)}: the message is a constant like 'take.made'; facts go in extra"
                    )
    return found


def prints(files: tuple[Module, ...]) -> dict[str, str]:
    """Output past the log and the command line's own console."""
    return {
        f"{file.name}: {name}": f"{file.where(call)}: {name}() in the product"
        for file in files
        for name, call in file.calls
        if name in {"print", "pprint", "breakpoint", "pprint.pprint", "traceback.print_exc"}
    }


def unfinished(files: tuple[Module, ...]) -> dict[str, str]:
    """Comments and errors that promise to come back."""
    promise = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|NotImplemented" + r"Error")
    return {
        f"{file.name}: {match[0]}": f"{file.path}: {match[0]} is an unfinished place"
        for file in files
        for match in promise.finditer(file.text)
    }


def mocks(files: tuple[Module, ...]) -> dict[str, str]:
    """Mock classes, and our own code patched from a test: a test of those tests itself."""
    found = {}
    for file in files:
        for each in file.imports(frozenset()):
            if each.name.split(".")[:2] == ["unittest", "mock"] or "mock" in each.names:
                found[file.name] = f"{file.path}:{each.line}: uses unittest.mock"
        for name, call in file.calls:
            target = ast.unparse(call.args[0]) if call.args else ""
            if name == "monkeypatch.setattr" and "viraltracker" in target:
                found[f"{file.name}: {target}"] = f"{file.where(call)}: patches {target}"
    return found


def skips(files: tuple[Module, ...]) -> dict[str, str]:
    """Tests that may silently not run."""
    call = re.compile(r"(pytest\.)?(mark\.)?(skip|skipif|xfail|importorskip)")
    return {
        f"{file.name}: {name}": f"{file.where(node)}: {name} - would anybody notice that this is never run?"
        for file in files
        for name, node in file.calls
        if call.fullmatch(name)
    }


def sleeps(files: tuple[Module, ...]) -> dict[str, str]:
    """Tests that wait by the clock; `sleep(0)` only lets others run."""
    return {
        file.name: f"{file.where(call)}: {name}(...) is slow or flaky; wait for the thing itself"
        for file in files
        for name, call in file.calls
        if re.fullmatch(r"((time|anyio|asyncio)\.)?sleep", name)
        and not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)
    }


def test_whoever_catches_everything_says_why() -> None:
    settle("broad_except", broad_excepts(product()))


def test_errors_come_from_the_one_tree() -> None:
    settle("raise", foreign_raises(product()))


def test_exceptions_are_defined_in_the_one_tree() -> None:
    settle("error_class", error_classes(product()))


def test_log_messages_are_constant_event_names() -> None:
    settle("event", odd_events(product()))


def test_nothing_is_printed() -> None:
    settle("output", prints(product()))


def test_nothing_is_left_unfinished() -> None:
    settle("unfinished", unfinished(modules("viraltracker", "pages", "benchmarks", "evals", "tests")))


def test_tests_use_real_parts() -> None:
    settle("mock", mocks(modules("tests")))


def test_tests_are_run() -> None:
    settle("skip", skips(modules("tests")))


def test_tests_do_not_sleep() -> None:
    settle("sleep", sleeps(modules("tests")))


# Each rule, tried on code that breaks it.


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("try: f()\nexcept Exception:\n    g()", True),
        ("try: f()\nexcept:  # noqa: E722, BLE001\n    g()", True),
        ("try: f()\nexcept (OSError, BaseException) as e:\n    g()", True),
        ("import contextlib\nwith contextlib.suppress(Exception):\n    f()", True),
        ("try: f()\nexcept Exception:  # noqa: BLE001 - the worker outlives any one job\n    g()", False),
        ("try: f()\nexcept BaseException:\n    undo()\n    raise", False),
        ("try: f()\nexcept OSError:\n    g()", False),
    ],
)
def test_a_handler_for_everything_needs_a_reason(text: str, broken: bool) -> None:
    assert bool(broad_excepts((module("viraltracker/x.py", text),))) is broken


def test_a_foreign_error_is_found() -> None:
    file = module(
        "viraltracker/x.py", "raise RuntimeError('x')\nraise NotFound('x')\nraise ValueError('x')\nraise"
    )
    assert list(foreign_raises((file,))) == ["viraltracker.x raises RuntimeError"]


def test_an_exception_class_elsewhere_is_found() -> None:
    file = module(
        "viraltracker/x.py",
        "class Lost(errors.StoreError): ...\nclass Found(Exception): ...\nclass _A(Exception): ...",
    )
    assert list(error_classes((file,))) == ["viraltracker.x.Lost", "viraltracker.x.Found"]


@pytest.mark.parametrize(
    ("call", "odd"),
    [
        ("_log.info('take.made', extra=facts)", False),
        ("logging.getLogger(__name__).info('worker.lost' if lost else 'worker.stopped')", False),
        ("logger.info('Take made')", True),
        ("logger.info(f'take.{text}')", True),
        ("log.warning('take.%s', text)", True),
        ("dialog.info('Take made')", False),
    ],
)
def test_an_event_without_a_constant_name_is_found(call: str, odd: bool) -> None:
    assert bool(odd_events((module("viraltracker/x.py", call),))) is odd


def test_output_and_promises_are_found() -> None:
    promise = "TO" + "DO"
    file = module("viraltracker/x.py", f"print('x')  # {promise} later\nsys.stdout.write('x')")
    assert list(prints((file,))) == ["viraltracker.x: print"]
    assert list(unfinished((file,))) == [f"viraltracker.x: {promise}"]


def test_dishonest_tests_are_found() -> None:
    file = module(
        "tests/test_x.py",
        "from unittest.mock import AsyncMock\nimport time\n"
        "def test_x(monkeypatch):\n"
        "    monkeypatch.setattr('viraltracker.takes.plan.key', f)\n"
        "    monkeypatch.setattr(sys, 'argv', [])\n"
        "    time.sleep(0)\n    time.sleep(1)\n    pytest.skip('later')\n",
    )
    assert list(mocks((file,))) == ["tests.test_x", "tests.test_x: 'viraltracker.takes.plan.key'"]
    assert list(sleeps((file,))) == ["tests.test_x"]
    assert list(skips((file,))) == ["tests.test_x: pytest.skip"]
