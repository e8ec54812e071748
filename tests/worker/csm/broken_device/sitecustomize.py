"""A device that breaks, for a voice worker's process whose PYTHONPATH names this folder.

`BROKEN_DEVICE` is a file whose first word says how. `hung`: a frame never comes back, in C and without the
interpreter's lock, as in a driver. `killed`: the process is, by signal 9. It takes its word off the file; the
next process is as sound as the next word.
"""

import ctypes
import importlib.util
import os
import signal
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_ENGINE = "viraltracker.worker.csm.engine"
_SOUND_FRAMES = 25


class _Breaking(MetaPathFinder, Loader):
    """Loads the engine's module, and takes the device from under it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != _ENGINE:
            return None
        self.real = PathFinder.find_spec(name, path)
        return importlib.util.spec_from_loader(name, self)

    def exec_module(self, module: ModuleType) -> None:
        assert self.real is not None
        assert self.real.loader is not None
        self.real.loader.exec_module(module)
        _break(module.SlotEngine)


def _break(engine: Any) -> None:
    plans = Path(os.environ["BROKEN_DEVICE"])
    how, *later = [*plans.read_text().split(), "sound"]
    sound, frames = engine.step, 0

    def step(self: Any) -> Any:
        nonlocal frames
        frames += 1
        if how == "sound" or frames <= _SOUND_FRAMES:
            return sound(self)
        plans.write_text("\n".join(later))
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        return ctypes.CDLL(None).pause()

    engine.step = step


sys.meta_path.insert(0, _Breaking())
