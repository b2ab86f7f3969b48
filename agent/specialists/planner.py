"""The planner: the active scenario's people, pools and territories, and who covers what."""

from agent.chat import answers_people

CHAT = answers_people(
    "planner",
    "The active plan: people, pools, backups, territories, who covers what; what a change would do.",
    "scenario_now",
)
