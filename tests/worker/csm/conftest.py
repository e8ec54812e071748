from pathlib import Path

import pytest

from tests.worker.csm.judge import Judge


@pytest.fixture(scope="session")
def checkpoint(csm_packs: Path) -> Path:
    """A tiny checkpoint on disk."""
    return csm_packs / "tiny" / "checkpoint"


@pytest.fixture(scope="session")
def adapters(csm_packs: Path) -> tuple[Path, Path]:
    """Two adapters for it, of ranks 4 and 8."""
    return csm_packs / "anna" / "adapter", csm_packs / "ben" / "adapter"


@pytest.fixture(scope="session")
def judge(checkpoint: Path, adapters: tuple[Path, Path]) -> Judge:
    """Hugging Face and peft with the same files."""
    return Judge(checkpoint, adapters)
