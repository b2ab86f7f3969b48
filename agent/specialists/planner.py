"""The planner: the active scenario's people, pools and territories, and who covers what."""

from agent.chat import answers_people

CHAT = answers_people(
    "planner",
    "The active plan: people, roles, managers, absences, pools, territories; what a change would do.",
    "scenario_now",
    "find_records",
    "person_of_ours",
)
