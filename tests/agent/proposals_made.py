"""Proposals made by hand, as an agent would open them."""

from datetime import date

from agent.bootstrap import House
from agent.proposing.deciding import Held, opened_as
from agent.proposing.revising import version_with
from loops.proposal import Edit, Figure, Guardrail, Promise, Proposal, Window
from tools.connectors.ports import ChangeHost
from tools.git import git
from tools.yaml_edit import edited

FILE = "loops/qualify.yaml"
COMMAND = "revloops outcomes --segment source=webinar --json"
WINDOW = Window(
    fitted_from=date(2026, 1, 5), fitted_to=date(2026, 8, 31), held_from=date(2026, 9, 1),
    held_to=date(2026, 11, 20), fitted=4_120, held=1_766, origins={"sandbox": 5_886}, data="d" * 64,
)  # fmt: skip


def points(house: House, value: int = 2, by: str = "agent:config_author@embedded") -> Proposal:
    """Fewer or more points for webinar leads."""
    config = house.workspace.configs["qualify"].model_dump(mode="json")
    at = next(n for n, factor in enumerate(config["factors"]) if "webinar" in factor.get("values", {}))
    before = config["factors"][at]["values"]["webinar"]
    edits = (Edit(path=("factors", at, "values", "webinar"), value=value),)
    text = (house.workspace.root / FILE).read_text(encoding="utf-8")
    return Proposal(
        loop="qualify",
        file=FILE,
        kind="weights",
        edits=edits,
        title=f"Give webinar leads {value} points instead of {before}",
        why="Webinar leads converted at 4.1 % lately; their points say that they are like partners'.",
        by=by,
        base=house.workspace.configs["qualify"].version,
        candidate=version_with(house, "qualify", FILE, edited(text, edits, FILE)),
        window=WINDOW,
        figures=(
            Figure(name="held_out.auc.before", value=0.701, unit="auc", sample=1_766, command=COMMAND),
            Figure(
                name="held_out.auc.after", value=0.729, unit="auc", low=0.709, high=0.748, sample=1_766,
                command=COMMAND,
            ),
            Figure(name="webinar.conversion", value=0.041, unit="share", low=0.028, high=0.06, sample=512,
                   command=COMMAND),
        ),
        promise=Promise(
            metric="auc", before=0.701, expected=0.729, low=0.709, high=0.748, after_leads=800
        ),
        guardrails=(Guardrail(segment="territory = us", leads=803, before=0.7, after=0.72, holds=True),),
        wrong_if=("Webinar leads convert above 10 % over the next 300 settled ones.",),
        refused=(("annual_revenue", "isn't known when a lead is created"),),
    )  # fmt: skip


def opened(house: House, host: ChangeHost, proposal: Proposal | None = None) -> Held:
    """It, opened on the workspace's newest commit."""
    head = git(house.workspace.root, "rev-parse", "HEAD")
    return opened_as(house, host, proposal or points(house), head)
