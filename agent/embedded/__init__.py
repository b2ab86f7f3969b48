"""The embedded policies: written rules in place of a language model, one for each role."""

from agent.embedded.judge import draft_judge
from agent.embedded.matcher import matcher
from agent.embedded.researcher import prospect_researcher
from agent.embedded.router import router
from agent.embedded.writer import outreach_writer
from agent.spec import Policy

POLICIES: dict[str, Policy] = {
    "draft_judge": draft_judge,
    "enrichment_matcher": matcher,
    "lead_router": router,
    "outreach_writer": outreach_writer,
    "prospect_researcher": prospect_researcher,
}
"""Role → its policy."""
