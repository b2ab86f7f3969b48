"""Search by meaning over playbooks, battle cards, past decisions and calls; by keyword where that can't be.

ports.py says what a search gives; opening.py makes one for a workspace. Nothing here is imported by name
from the package itself, so that reading the settings costs nothing.
"""
