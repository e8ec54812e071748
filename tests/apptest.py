"""Streamlit's AppTest for tests, without what it does over and over.

A server looks through the installed packages for components once. AppTest does so at every opening, though
nothing is installed meanwhile: 0.4 s, three quarters of a page's test. A plugin, beside `tests.postgres`.
"""

from collections.abc import Iterator
from functools import cache

import pytest


@pytest.fixture(scope="session")
def one_scan() -> Iterator[None]:
    """The installed packages are looked through once a session."""
    # Here, so that only those who open pages pay for the import.
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests)
        )
        yield
