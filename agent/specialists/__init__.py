"""The specialists: one file an agent, put together with their policy, prompt and tools here."""

from collections.abc import Mapping
from importlib.resources import files

from agent.embedded import POLICIES
from agent.specialist import PolicySpecialist, Specialist
from agent.specialists import (
    draft_judge,
    enrichment_matcher,
    lead_router,
    outreach_writer,
    prospect_researcher,
)
from loops.values import content_hash
from tools.catalog import select
from tools.workspace import Workspace

SPECS = (
    prospect_researcher.SPEC,
    outreach_writer.SPEC,
    draft_judge.SPEC,
    enrichment_matcher.SPEC,
    lead_router.SPEC,
)


def prompt_text(workspace: Workspace, name: str) -> str:
    """The effective prompt: the workspace's file of that name, or the packaged one."""
    own = workspace.root / "prompts" / f"{name}.md"
    if own.is_file():
        return own.read_text(encoding="utf-8")
    return files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")


def embedded(workspace: Workspace) -> Mapping[str, Specialist]:
    """Every specialist on the embedded policy (rules, not a language model)."""
    return {
        spec.name: PolicySpecialist(
            spec, content_hash(prompt_text(workspace, spec.prompt)), POLICIES[spec.name], select(spec.tools)
        )
        for spec in SPECS
    }
