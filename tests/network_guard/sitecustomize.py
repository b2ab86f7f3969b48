"""Loads the guard when a child Python starts: conftest puts this folder on its path."""

import sys
from os.path import dirname

sys.path.insert(0, dirname(dirname(dirname(__file__))))

import tests.network_guard  # noqa: F401  # pyright: ignore[reportUnusedImport]
