"""An installed studio finds what it needs: pages, SQL, examples and the theme travel in the wheel."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

from viraltracker.settings import Shipped

ROOT = Path(__file__).parents[2]

LOCATE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from viraltracker.settings import resource
print(json.dumps({name: str(resource(name)) for name in sys.argv[2:]}))
"""


def files_below(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "secrets.toml"
    }


def test_an_installed_studio_finds_all_that_it_ships(tmp_path: Path) -> None:
    wheels, installed = tmp_path / "wheels", tmp_path / "installed"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = wheels.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target"]
    subprocess.run([*install, str(installed), str(wheel)], check=True, capture_output=True)

    command = [sys.executable, "-I", "-c", LOCATE, str(installed), *get_args(Shipped)]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    found = {name: Path(path) for name, path in json.loads(said).items()}
    assert all(path.is_relative_to(installed) for path in found.values())
    assert {name: files_below(path) for name, path in found.items()} == {
        name: files_below(ROOT / name) for name in get_args(Shipped)
    }
    assert all(files_below(path) for path in found.values())
