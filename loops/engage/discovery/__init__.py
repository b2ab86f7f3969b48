"""Engage, discovery: a recorded call becomes a qualification that its rep commits."""
