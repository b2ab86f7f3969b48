"""The planner: the promoted plan, what a change of it would do, what a goal takes; and who is who in it."""

from dataclasses import replace

from agent.chat import answers_people
from agent.planned import Planned, finished, planned_faults

CHAT = replace(
    answers_people(
        "planner",
        "The active plan: people, roles, managers, absences, pools, territories, capacity, "
        "targets; what a change "
        "would do, what a goal takes, which territory falls short first.",
        "plan_now",
        "what_if",
        "compare_scenarios",
        "scenario_now",
        "find_records",
        "person_of_ours",
    ),
    output=Planned,
    faults=planned_faults,
    finish=finished,
)
