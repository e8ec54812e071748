from pathlib import Path

import pytest
import torch

from tests.worker.csm.judge import Judge
from tests.worker.csm.tiny import tiny_adapter, tiny_checkpoint


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two threads on two busy cores wait for each other: tens of times slower."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint on disk."""
    return tiny_checkpoint(tmp_path_factory.mktemp("csm") / "checkpoint")


@pytest.fixture(scope="session")
def adapters(checkpoint: Path) -> tuple[Path, Path]:
    """Two adapters for it, of ranks 4 and 8."""
    return (
        tiny_adapter(checkpoint, checkpoint.parent / "low", seed=1, rank=4),
        tiny_adapter(checkpoint, checkpoint.parent / "high", seed=2, rank=8),
    )


@pytest.fixture(scope="session")
def judge(checkpoint: Path, adapters: tuple[Path, Path]) -> Judge:
    """Hugging Face and peft with the same files."""
    return Judge(checkpoint, adapters)
