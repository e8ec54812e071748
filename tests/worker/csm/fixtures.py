"""The tiny packs for every test that asks: made once for a test process, which imports torch only then."""

from pathlib import Path

import pytest

__all__ = ["csm_packs"]


@pytest.fixture(scope="session")
def csm_packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packs `tiny` (the checkpoint), `anna` (an adapter, two moods) and `ben`."""
    import torch

    from tests.worker.csm.packs import tiny_packs

    torch.set_num_threads(1)  # two threads on two busy cores wait for each other: tens of times slower
    return tiny_packs(tmp_path_factory.mktemp("csm-packs"))
