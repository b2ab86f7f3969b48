"""The review card in a real browser."""
