"""How long, how named, how described: the limits that keep a file readable in one sitting."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Module, module, modules, product, settle

FILE_LINES = 400
FUNCTION_LINES = 60
PAGE_LINES = 120

VAGUE = (
    "util",
    "utils",
    "helper",
    "helpers",
    "manager",
    "base",
    "common",
    "service",
    "services",
    "core",
    "misc",
)
"""Words that name no thing of the trade."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Module) -> Iterator[tuple[str, Function]]:
    """Every function and method with its dotted name in the file."""

    def below(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):  # no function stands in one
                continue
            name = f"{prefix}.{child.name}" if isinstance(child, Function | ast.ClassDef) else prefix
            if isinstance(child, Function):
                yield name, child
            yield from below(child, name)

    yield from below(file.tree, file.name)


def long_files(files: tuple[Module, ...], limit: int) -> dict[str, str]:
    return {
        file.name: f"{file.path}: {file.length} lines; {limit} is the most"
        for file in files
        if file.length > limit
    }


def long_functions(files: tuple[Module, ...]) -> dict[str, str]:
    found = {}
    for file in files:
        for name, node in functions(file):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                found[name] = (
                    f"{file.where(node)}: {node.name} has {lines} lines; {FUNCTION_LINES} is the most"
                )
    return found


def vague_names(files: tuple[Module, ...]) -> dict[str, str]:
    found = {}
    for file in files:
        for part in file.name.split("."):
            if set(part.split("_")) & set(VAGUE):
                found[file.name] = f"{file.path}: {part!r} says nothing about what is inside"
        for node in file.nodes:
            if isinstance(node, ast.ClassDef):
                words = [word.lower() for word in re.findall(r"[A-Z][a-z]+", node.name)]
                if {*words[:1], *words[-1:]} & set(VAGUE):
                    found[f"{file.name}.{node.name}"] = f"{file.where(node)}: class {node.name} says nothing"
    return found


def exported(file: Module) -> list[str] | None:
    """The names in `__all__`; None where the file has none."""
    for node in file.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return list(ast.literal_eval(value))
    return None


def bound(file: Module) -> dict[str, ast.stmt]:
    """Top-level names and the statement that binds them."""
    found: dict[str, ast.stmt] = {}
    for node in file.tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found[node.name] = node
            case ast.Assign(targets=targets):
                names = [
                    each for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
                ]
                found.update({each.id: node for each in names if isinstance(each.ctx, ast.Store)})
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
            case ast.Import() | ast.ImportFrom():
                found.update({(alias.asname or alias.name).split(".")[0]: node for alias in node.names})
    return found


def broken_exports(files: tuple[Module, ...]) -> dict[str, str]:
    """Packages without `__all__`, and names in `__all__` that nothing binds."""
    found = {}
    for file in files:
        names = exported(file)
        if names is None:
            if file.is_package:
                found[file.name] = f"{file.path}: a package says in __all__ what it is for others"
            continue
        for name in set(names) - set(bound(file)):
            found[f"{file.name}.{name}"] = f"{file.path}: __all__ names {name!r}, which isn't there"
    return found


def undescribed(files: tuple[Module, ...]) -> dict[str, str]:
    """Files without a docstring, and public functions and classes (with their public methods) without one."""
    found = {}
    for file in files:
        if not ast.get_docstring(file.tree):
            found[file.name] = f"{file.path}: the file has no docstring"
        public = set(exported(file) or ())
        for name, node in bound(file).items():
            if name in public and isinstance(node, Function | ast.ClassDef) and not ast.get_docstring(node):
                found[f"{file.name}.{name}"] = f"{file.where(node)}: {name} is public and has no docstring"
    return found


def test_no_file_is_too_long() -> None:
    settle(
        "file_length",
        long_files(modules("viraltracker", "pages", "benchmarks", "evals", "tests"), FILE_LINES),
    )


def test_no_page_is_too_long() -> None:
    settle("page_length", long_files(modules("pages"), PAGE_LINES))


def test_no_function_is_too_long() -> None:
    settle(
        "function_length", long_functions(modules("viraltracker", "pages", "benchmarks", "evals", "tests"))
    )


def test_names_say_what_is_inside() -> None:
    settle("name", vague_names(modules("viraltracker", "pages", "benchmarks", "evals")))


def test_what_is_exported_exists() -> None:
    settle("export", broken_exports(modules("viraltracker")))


def test_what_is_public_is_described() -> None:
    settle("docstring", undescribed((*product(), *modules("benchmarks", "evals"))))


# Each rule, tried on a file that breaks it.


def test_a_long_file_and_a_long_function_are_found() -> None:
    body = "    x = 1\n" * FUNCTION_LINES
    file = module("viraltracker/x.py", f"class A:\n  def short(self): ...\n  async def long(self):\n{body}")
    assert list(long_functions((file,))) == ["viraltracker.x.A.long"]
    assert list(long_files((file,), 61)) == ["viraltracker.x"]
    assert long_files((file,), 63) == {}


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("viraltracker/utils.py", "", "viraltracker.utils"),
        ("viraltracker/audio_service.py", "", "viraltracker.audio_service"),
        ("viraltracker/x.py", "class TakeManager: ...", "viraltracker.x.TakeManager"),
        ("viraltracker/x.py", "class BaseEngine: ...", "viraltracker.x.BaseEngine"),
        ("viraltracker/x.py", "class Database: ...", None),
        ("viraltracker/baseline.py", "class Helpful: ...", None),
    ],
)
def test_vague_names_are_found(path: str, text: str, found: str | None) -> None:
    assert list(vague_names((module(path, text),))) == ([found] if found else [])


def test_exports_that_are_not_there_are_found() -> None:
    files = (
        module(
            "viraltracker/a/__init__.py",
            '__all__ = ["B", "M", "c"]\nfrom x import b as B\nN, M = 1, 2\nif B:\n    c = 1\n',
        ),
        module("viraltracker/b/__init__.py", ""),
        module("viraltracker/c.py", ""),
    )
    assert list(broken_exports(files)) == ["viraltracker.a.c", "viraltracker.b"]


def test_public_names_without_a_docstring_are_found() -> None:
    file = module(
        "viraltracker/x.py",
        '"""Said."""\n__all__ = ["A", "f", "N"]\nN, M = 1, 2\nclass A:\n    """Said."""\ndef f(): ...\n'
        "def _g(): ...\n",
    )
    assert list(undescribed((file, module("viraltracker/y.py", "")))) == [
        "viraltracker.x.f",
        "viraltracker.y",
    ]
