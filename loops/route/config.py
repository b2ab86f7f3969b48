"""Route's config: rules in their order, the bands of confidence, and when an untouched lead alarms."""

from collections.abc import Mapping

from pydantic import Field

from loops.config import LoopConfig, SegmentedBands
from loops.rules import Path, Rule, lint
from loops.values import Value

GRADES = frozenset("ABCD")
SENIORITIES = frozenset({"c_level", "vp", "director", "manager", "individual", "student"})
SIGNALS = frozenset(
    {"funding", "executive_change", "competitor_churn", "expansion", "hiring", "product_launch"}
)


class Untouched(Value):
    """When a lead that nobody touched alarms, in working hours since it was assigned."""

    owner_after_hours: int = Field(gt=0)
    manager_after_hours: int = Field(gt=0)
    every_minutes: int = Field(gt=0)
    # how often the schedule looks
    page: int = Field(gt=0, le=1000)
    # leads a run looks at


class Intent(Value):
    """What the metrics are held against."""

    triage_share: float = Field(ge=0, le=1)
    # the largest share of leads that may end in triage
    min_sample: int = Field(gt=0)


class RouteConfig(LoopConfig):
    """How leads find their owner."""

    rules: tuple[Rule, ...]
    # the first that matches decides
    ask_when_unknown: tuple[str, ...]
    # attributes whose being unknown is a question for the agent, when a rule would have needed them
    bands: SegmentedBands
    # what becomes of the lead router's choice, for all sizes of company or by segment
    untouched: Untouched
    intent: Intent

    def lint(self, owners: Mapping[str, frozenset[str]]) -> tuple[tuple[Path, str], ...]:
        """Unreachable and shadowed rules, unknown owners, territories, attributes and values.

        Args:
            owners: `owner` → every `rep:`, `pool:` and `queue:` id; `territory` → every territory id.
        """
        values: dict[str, frozenset[str] | None] = dict.fromkeys(ATTRIBUTES, None)
        values |= {
            "territory": owners["territory"],
            "grade": GRADES,
            "seniority": SENIORITIES,
            "signal": SIGNALS,
        }
        return lint(self.rules, values, owners["owner"], NUMBERS)


NUMBERS = frozenset({"score", "employees"})
ATTRIBUTES = frozenset(
    {
        "territory",
        "country",
        "region",
        "city",
        "grade",
        "score",
        "employees",
        "industry",
        "source",
        "seniority",
        "job_function",
        "email_kind",
        "domain",
        "signal",
        "account_status",
        "company_key",
    }
)
"""What a rule may ask for."""
