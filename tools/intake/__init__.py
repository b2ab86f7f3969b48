"""Real input: records from files and systems, normalised into leads or turned away with a reason."""

from tools.intake.lead import Accepted, content_hash_of, examined, lead_from
from tools.intake.mapping import Column, Mapping
from tools.intake.raw import FIELDS, RawLead, Rejected
from tools.intake.reading import read_rows, read_table
from tools.intake.sameness import Sameness, merged, same_person
from tools.intake.sources import SOURCES, source_of

__all__ = [
    "FIELDS",
    "SOURCES",
    "Accepted",
    "Column",
    "Mapping",
    "RawLead",
    "Rejected",
    "Sameness",
    "content_hash_of",
    "examined",
    "lead_from",
    "merged",
    "read_rows",
    "read_table",
    "same_person",
    "source_of",
]
