"""Ports to the systems of work, their in-memory twins, and one file a vendor."""
