"""The config author: what a loop is set to do, how it does, and whether its figures warrant a change."""

from agent.chat import answers_people

CHAT = answers_people(
    "config_author",
    "What a loop is configured to do, its figures, findings and the keys they point to; where grades begin.",
    "loop_config",
    "loop_metrics",
    "grade_thresholds",
)
