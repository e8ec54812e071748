"""What the shipped ways to run a studio on a server say is so: the image, the composition, the units."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.test_documents import complaint
from viraltracker.settings import Settings

ROOT = Path(__file__).parents[2]
IMAGE = (ROOT / "Dockerfile").read_text()
COMPOSITION: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSITION["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "viraltracker"}
UNITS = sorted((ROOT / "deploy").glob("*.service"))
HOME = "/var/lib/viraltracker"
PORT = Settings(data=Path("/tmp")).port


def orders(name: str, image: str = IMAGE) -> list[str]:
    """What stands behind each such instruction of the image, lines that go on put together."""
    whole = image.replace("\\\n", " ")
    return [line.partition(" ")[2].strip() for line in whole.splitlines() if line.startswith(f"{name} ")]


def copied() -> list[str]:
    """The files and folders of the checkout that go into the image."""
    copies = [line.split() for line in orders("COPY") if "--from" not in line]
    return [source for *sources, _ in copies for source in sources]


def wheel(root: Path, out: Path) -> set[str]:
    """The files in the wheel that is built of this checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        return {name for name in archive.namelist() if "__pycache__" not in name}


def settings_read(environment: dict[str, str]) -> str:
    """What the studio says of these variables; nothing when it takes them."""
    read = "from viraltracker.settings import read_settings; read_settings()"
    done = subprocess.run(
        [sys.executable, "-c", read],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    return done.stderr.decode()


def test_the_image_is_made_of_all_that_the_wheel_is_made_of(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for source in copied():
        to = checkout / source
        to.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, to)
        else:
            shutil.copy(ROOT / source, to)
    assert wheel(checkout, tmp_path / "copied") == wheel(ROOT, tmp_path / "whole")


def test_nothing_else_is_sent_to_whoever_builds_the_image() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in {"#", ""}]
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == set(copied())


def test_the_image_runs_the_studio_as_nobody_special() -> None:
    assert orders("USER") == ["10001"]
    command = json.loads(orders("ENTRYPOINT")[0]) + json.loads(orders("CMD")[0])
    assert command[0] == "viraltracker"
    assert complaint(command[1:]) is None
    assert orders("EXPOSE") == [str(PORT)]
    assert f"VIRALTRACKER_DATA={HOME}" in orders("ENV")[0]
    assert orders("VOLUME") == [HOME]
    assert "--constraint constraints.txt" in " ".join(orders("RUN"))


def test_the_image_knows_whether_it_is_well() -> None:
    asked = json.loads(orders("HEALTHCHECK")[0].partition("CMD ")[2])
    assert asked[:2] == ["python", "-c"]
    assert f"http://localhost:{PORT}/health" in asked[2]
    nobody = asked[2].replace(f":{PORT}/", ":1/")
    done = subprocess.run([sys.executable, "-c", nobody], check=False, capture_output=True)
    assert b"Connection refused" in done.stderr
    assert done.returncode != 0


def test_the_composition_is_a_studio_two_workers_and_a_postgres() -> None:
    assert set(SERVICES) == {"postgres", "studio", "worker-1", "worker-2"}
    for name, service in OURS.items():
        command = service.get("command", json.loads(orders("CMD")[0]))
        assert complaint(command) is None, name
        assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}
        assert f"audio:{HOME}" in service["volumes"]
    names = [OURS[f"worker-{n}"]["command"][-1] for n in (1, 2)]
    assert names == ["worker-1", "worker-2"]
    assert set(COMPOSITION["volumes"]) == {"rows", "audio"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_studio_takes_what_the_composition_tells_it(name: str) -> None:
    told = {key: str(value) for key, value in OURS[name]["environment"].items()}
    told = {key: re.sub(r"\$\{\w+:\?[^}]*\}", "secret", value) for key, value in told.items()}
    assert settings_read(told) == ""
    assert "there is no s" in settings_read({**told, "VIRALTRACKER_ADRESS": "0.0.0.0"})  # noqa: S104


def test_nobody_reaches_the_composition_but_by_a_login_and_the_machines_own_proxy() -> None:
    studio = SERVICES["studio"]
    assert studio["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert f"./secrets.toml:{HOME}/.streamlit/secrets.toml:ro" in studio["volumes"]
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["studio"]


def test_no_secret_is_in_the_files() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert re.findall(r"PASSWORD: (.*)", text) == ["${POSTGRES_PASSWORD:?put it into .env}"]
    assert re.findall(r"://postgres:([^@]*)@", text) == ["${POSTGRES_PASSWORD:?put it into .env}"]
    assert {".env", "studio.env"} <= set((ROOT / ".gitignore").read_text().splitlines())


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_what_there_is(path: Path) -> None:
    unit = RawConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path)
    service = unit["Service"]
    program, *words = shlex.split(service["ExecStart"].replace("%i", "second"))
    assert program == "/opt/viraltracker/bin/viraltracker"
    assert complaint(words) is None
    told = dict(each.partition("=")[::2] for each in shlex.split(service["Environment"]))
    assert settings_read(told) == ""
    assert told["VIRALTRACKER_DATA"] == f"/var/lib/{service['StateDirectory']}" == told["HOME"]
    assert service["User"] != "root"
