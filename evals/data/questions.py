"""Orchestrator samples: people's questions with names of the sandbox's in them, and who can answer."""

from importlib.resources import files
from typing import Any, cast

from agent.chat import Line, Offer, ToRoute
from agent.specialists import CHAT
from evals.case import Case
from evals.data.world import NOW, Market, person
from loops.values import Quoted
from tools.sandbox.draw import Draw
from tools.sandbox.places import COUNTRY_MIX, COUNTRY_NAMES
from tools.sandbox.roster import seats
from tools.yaml_text import read as parse

NOBODY = "nobody"
SEVERAL_PER_THOUSAND = 150


def question_cases(seed: int, n: int) -> tuple[Case, ...]:
    """`n` questions."""
    text = files("evals.data").joinpath("questions.yaml").read_text(encoding="utf-8")
    given = cast("dict[str, Any]", parse(text, "questions.yaml")[0])
    market = Market(seed)
    made: list[Case] = []
    for number, draw in market.draws("question", n):
        if draw.chance(SEVERAL_PER_THOUSAND):
            chosen: dict[str, Any] = draw.pick(given["several"])
            ask, to = str(chosen["ask"]), list[str](chosen["to"])
        else:
            name = draw.pick(tuple(given["one"]))
            ask, to = draw.pick(given["one"][name]), [] if name == NOBODY else [name]
        words = ask.format_map(_blanks(market, draw))
        family = "several" if len(to) > 1 else "one" if to else NOBODY
        id = f"question-{seed}-{number}"
        made.append(Case(id, family, "orchestrator", to_route(words), {"specialists": to}))
    return tuple(made)


def to_route(words: str, history: tuple[Line, ...] = ()) -> dict[str, Any]:
    """A person's words as the orchestrator gets them."""
    offers = tuple(Offer(name=spec.name, says=spec.says) for spec in CHAT)
    task = ToRoute(text=Quoted(text=words), today=NOW.date(), history=history, specialists=offers)
    return task.model_dump(mode="json")


def _blanks(market: Market, draw: Draw) -> dict[str, str]:
    first, last, _ = person(draw)
    return {
        "company": market.company(draw).name,
        "person": f"{first} {last}",
        "rep": draw.pick(seats(market.setting, draw.pick(("na-commercial", "emea-commercial")))),
        "country": COUNTRY_NAMES[draw.pick(COUNTRY_MIX)][0],
        "lead": f"L-{draw.between(10, 9999)}",
    }
