"""The house that every test here may change: its own copy."""

from pathlib import Path

import pytest

from agent.bootstrap import House
from tests.mcp_server.served import lived_in


@pytest.fixture
def home(tmp_path: Path) -> House:
    """A small sandbox with leads in it."""
    return lived_in(tmp_path)
