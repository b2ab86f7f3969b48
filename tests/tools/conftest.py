"""Fixtures of the tools' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.workplace import Workplace


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """A live workspace in which Ann may approve."""
    place = Workplace(tmp_path / "workspace")
    yield place
    place.store.close()
