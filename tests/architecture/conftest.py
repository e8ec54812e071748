"""Says after the run which files and functions come near their limits: to be cut before they must be."""

from pathlib import Path

import pytest

from tests.architecture.sources import product
from tests.architecture.test_shape import functions

HERE = Path(__file__).parent
FILE_LINES = 300
FUNCTION_LINES = 40


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What reads the code and does not run it: one process parses it all."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.xdist_group("sources"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Reported, never failed: the hard limits stand in test_shape."""
    files = [f"{file.path} ({file.length} lines)" for file in product() if file.length > FILE_LINES]
    long = [
        f"{name} ({(node.end_lineno or 0) - node.lineno + 1} lines)"
        for file in product()
        for name, node in functions(file)
        if (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    for each in files + long:
        terminalreporter.write_line(f"growing long: {each}")
