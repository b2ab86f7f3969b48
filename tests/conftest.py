"""What holds for every test: nothing reaches beyond this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import network_guard

pytest_plugins = ["pytester"]

# Child processes load the guard too: Python imports `sitecustomize` when it starts.
os.environ["PYTHONPATH"] = str(Path(__file__).parent / "network_guard")


@pytest.fixture(autouse=True)
def only_this_machine() -> Iterator[None]:
    """Fails a test that tried to reach another machine, also where its code swallowed the refusal."""
    network_guard.refused.clear()
    yield
    assert not network_guard.refused, f"the test tried to leave this machine: {network_guard.refused}"
