"""The coach: how a rep does, in counts and rates over what is on record."""

from agent.chat import answers_people

CHAT = answers_people(
    "coach",
    "How a rep or the team does: load, deals won and lost, conversion, time to the first touch.",
    "find_records",
    "rep_numbers",
    "team_numbers",
)
