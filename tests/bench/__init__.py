"""How fast and how large: `python -m tests.bench` prints one JSON object."""
