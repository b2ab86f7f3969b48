"""Harnesses that kill the product at random points and count what was lost or doubled."""
