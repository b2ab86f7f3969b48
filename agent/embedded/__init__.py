"""The embedded policies: written rules in place of a language model, one for each role."""

from agent.embedded.analyst import discovery_analyst
from agent.embedded.author import config_author
from agent.embedded.chat import CHAT
from agent.embedded.judge import draft_judge
from agent.embedded.matcher import matcher
from agent.embedded.orchestrator import orchestrator
from agent.embedded.planning.answer import planner
from agent.embedded.preference import draft_preference
from agent.embedded.researcher import prospect_researcher
from agent.embedded.router import router
from agent.embedded.territory import territory_matcher
from agent.embedded.writer import outreach_writer
from agent.spec import Policy

POLICIES: dict[str, Policy] = {
    **CHAT,
    "config_author": config_author,
    "discovery_analyst": discovery_analyst,
    "draft_judge": draft_judge,
    "draft_preference": draft_preference,
    "enrichment_matcher": matcher,
    "lead_router": router,
    "orchestrator": orchestrator,
    "outreach_writer": outreach_writer,
    "planner_chat": planner,
    "prospect_researcher": prospect_researcher,
    "territory_matcher": territory_matcher,
}
"""Role → its policy."""
