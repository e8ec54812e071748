"""One gate: the hooks, the workflow and CI call the same make targets, and what they install is pinned."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
NEEDED = {"lint", "types", "test"}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


def called(command: str) -> set[str]:
    """The make targets of a command that is nothing but one call of make."""
    words = command.split()
    assert words[0] == "make", f"{command!r} is not a call of make"
    return set(words[1:])


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {
        canonicalize_name(name): Version(version)
        for name, _, version in (line.partition("==") for line in lines if not line.startswith("#"))
    }


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        named += extra
    return [Requirement(line) for line in named]


def test_the_hooks_call_make_targets_that_exist() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    targets = set().union(*(called(hook["entry"]) for hook in hooks))
    assert targets <= make_targets()
    assert targets >= NEEDED


def test_the_workflow_calls_make_targets_that_exist() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    targets = set().union(*(called(run) for run in runs))
    assert targets <= make_targets()
    assert targets >= NEEDED


def test_ci_ends_in_make_test_and_allows_nothing_to_be_skipped() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert script.splitlines()[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in script
    assert re.search(r"^export CI=true\b.*\n^exec make test$", script, re.MULTILINE)
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_make_test_is_lint_types_and_the_suite() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "test: lint types suite\n" in makefile
    recipe = makefile.partition("\nlint:")[2].partition("\n\n")[0]
    assert all(tool in recipe for tool in ("ruff check .", "ruff format --check .", "bandit"))
    suite = makefile.partition("\nsuite:")[2].partition("\n\n")[0]
    assert "-m slipcover" in suite
    assert "-m pytest -n auto --dist loadgroup" in suite


def test_coverage_counts_branches_and_has_a_floor() -> None:
    coverage = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["slipcover"]
    assert (coverage["branch"], coverage["source"]) == (True, "viraltracker")
    makefile = (ROOT / "Makefile").read_text()
    floor = re.search(r"^COVERED := (\d+)$", makefile, re.MULTILINE)
    assert floor
    assert int(floor[1]) >= 85
    assert "--fail-under $(COVERED)" in makefile.partition("\nsuite:")[2].partition("\n\n")[0]


def test_every_requirement_is_pinned_within_its_range() -> None:
    pinned = pins()
    loose = [
        f"{requirement} is pinned as {pinned.get(canonicalize_name(requirement.name))}"
        for requirement in requirements()
        if canonicalize_name(requirement.name) not in pinned
        or pinned[canonicalize_name(requirement.name)] not in requirement.specifier
    ]
    assert loose == []


def test_every_requirement_has_an_upper_bound() -> None:
    endless = [str(r) for r in requirements() if not any(s.operator in {"<", "=="} for s in r.specifier)]
    assert endless == []


def test_pins_are_plain_versions_that_any_index_serves() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    odd = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9A-Za-z.]+", line)]
    assert odd == []
    assert len(lines) == len(pins())
