"""The plan as tools give it: what is in it, what changes would do, what a goal takes, what falls short."""

from tools.planning.tools import compare_scenarios, plan_now, what_if

__all__ = ["compare_scenarios", "plan_now", "what_if"]
