"""The project's Python files as syntax trees, for the rules here. Reads files, imports none."""

import ast
import io
import tokenize
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

GENERATED = ("_pb2.py", "_pb2_grpc.py")
"""How the names of files end that a tool writes."""


@dataclass(frozen=True)
class Import:
    """`name` is what is imported, dotted and absolute, down to a module of ours where it is one."""

    name: str
    line: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its path from the project's root, its text."""

    name: str
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, walked once for all rules."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call with its dotted name as written."""
        return tuple((ast.unparse(node.func), node) for node in self.nodes if isinstance(node, ast.Call))

    @cached_property
    def comments(self) -> Mapping[int, str]:
        """Line -> its comment, without the #."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}

    @property
    def length(self) -> int:
        return len(self.text.splitlines())

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def package(self) -> str:
        """Its room in the house: `takes` for viraltracker/takes/plan.py, `pages` for pages/takes.py."""
        parts = self.name.split(".")
        return parts[0] if parts[0] != "viraltracker" or len(parts) == 1 else parts[1]

    def where(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        return f"{self.path}:{node.lineno}"

    def imports(self, ours: frozenset[str]) -> Iterator[Import]:
        """Every import of the file, also inside functions and by `import_module("...")`."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from self._from(node, ours)
            elif (
                isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"} and node.args
            ):
                match node.args[0]:
                    case ast.Constant(value=str(name)):
                        yield Import(name, node.lineno)

    def _from(self, node: ast.ImportFrom, ours: frozenset[str]) -> Iterator[Import]:
        start = self.name.split(".")
        above = start[: len(start) - node.level + self.is_package] if node.level else []
        source = ".".join([*above, *([node.module] if node.module else [])])
        plain = tuple(alias.name for alias in node.names if f"{source}.{alias.name}" not in ours)
        if plain:
            yield Import(source, node.lineno, plain)
        for alias in node.names:
            if f"{source}.{alias.name}" in ours:
                yield Import(f"{source}.{alias.name}", node.lineno)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def module(path: str, text: str) -> Module:
    """A module by its path; also for made-up ones, with which the rules are tried."""
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return Module(name, path, text)


def modules(*folders: str) -> tuple[Module, ...]:
    """All files of these folders, in order."""
    return tuple(sorted((file for folder in folders for file in _below(folder)), key=lambda file: file.path))


@cache
def _below(folder: str) -> tuple[Module, ...]:
    # By folder, so that a file is read and parsed once, whatever it is asked for with.
    paths = (ROOT / folder).rglob("*.py")
    return tuple(
        module(path.relative_to(ROOT).as_posix(), path.read_text())
        for path in paths
        if not path.name.endswith(GENERATED)
    )


def product() -> tuple[Module, ...]:
    """What is delivered: the package and the pages."""
    return modules("viraltracker", "pages")


@cache
def _allowed() -> Mapping[str, list[str]]:
    return tomllib.loads((ROOT / "tests/architecture/allowed.toml").read_text())


RULES = frozenset(
    {"order", "fence", "cycle", "declared", "file_length", "function_length", "page_length", "name"}
    | {
        "docstring",
        "export",
        "broad_except",
        "output",
        "unfinished",
        "raise",
        "error_class",
        "event",
        "settings",
    }
    | {"mock", "skip", "sleep", "effect", "private"}
)


def settle(rule: str, found: Mapping[str, str]) -> None:
    """Fail on every finding that isn't allowed, and on every allowance that found nothing.

    `found` is a name that outlives edits (no line numbers) -> what to tell. The allow-list only shrinks.
    """
    assert rule in RULES
    allowed = set(_allowed().get(rule, ()))
    wrong = [found[name] for name in sorted(found.keys() - allowed)]
    stale = [
        f"allowed.toml, {rule}: {name!r} breaks no rule any more; strike it out"
        for name in sorted(allowed - found.keys())
    ]
    assert not wrong + stale, "\n" + "\n".join(wrong + stale)
