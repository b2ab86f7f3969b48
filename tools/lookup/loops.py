"""What a loop is configured to do and how it does; and the plan it all rests on."""

from collections import Counter
from dataclasses import dataclass
from typing import cast

from pydantic import JsonValue
from sqlalchemy import select

from loops.config import LoopConfig
from loops.ledger import LedgerRow, Metric
from loops.loop import Loop
from loops.records import Member
from loops.rules import Rule
from tools.errors import ToolRetry
from tools.ids import LoopName
from tools.lookup.context import LookupContext
from tools.store import Tx
from tools.store import tables as t

WINDOW = 50_000
"""Ledger rows of a loop, the newest, that its figures are made from: more would keep a person waiting."""


def loop_config(ctx: LookupContext, loop: LoopName) -> JsonValue:
    """What a loop is configured to do now: its steps, its config as written, the config's version and file.

    Args:
        ctx: the runtime's side.
        loop: name of the loop.

    Raises:
        ToolRetry: there is no such loop yet.
    """
    _known(ctx, loop)
    made, config = ctx.registry.loops[loop], ctx.configs[loop]
    told: dict[str, JsonValue] = {
        "loop": loop,
        "owner": made.owner,
        "version": config.version[:12],
        "file": f"loops/{loop}.yaml",
        "parts": [*config.PARTS.values()],
        "steps": [f"{step.name} ({step.by})" for step in made.steps],
        "starts_on": list[JsonValue](sorted({x.schedule or x.on.__name__ for x in made.triggers})),
        "config": cast("JsonValue", config.model_dump(mode="json", exclude_defaults=True)),
    }
    return told


def measured(tx: Tx, loop: Loop) -> tuple[Metric, ...]:
    """A loop's figures from its newest ledger rows."""
    return loop.metrics(_newest(tx, loop.name))


def _newest(tx: Tx, loop: str) -> list[LedgerRow]:
    seqs = (
        select(t.ledger.c.seq).where(t.ledger.c.loop == loop).order_by(t.ledger.c.seq.desc()).limit(WINDOW)
    )
    return list(tx.rows(select(t.ledger).where(t.ledger.c.seq.in_(seqs)).order_by(t.ledger.c.seq)))


def loop_metrics(ctx: LookupContext, loop: LoopName) -> JsonValue:
    """A loop's figures from its ledger rows, and where they depart from what its config intends.

    `too_few`: there are fewer runs than the config asks for before anything is judged.

    Args:
        ctx: the runtime's side.
        loop: name of the loop.

    Raises:
        ToolRetry: there is no such loop yet.
    """
    _known(ctx, loop)
    made = ctx.registry.loops[loop]
    rows = _newest(ctx.tx, loop)
    found = made.metrics(rows)
    return {
        "loop": loop,
        "least_sample": _least(ctx.configs[loop]),
        "too_few": len({row.run for row in rows}) < _least(ctx.configs[loop]) or None,
        "metrics": [
            {"name": m.name, "value": round(m.value, 3), "unit": m.unit, "sample": m.sample} for m in found
        ],
        "findings": [
            {
                "metric": f.metric,
                "value": round(f.value, 3),
                "expected": f.expected,
                "config_key": f.config_key,
                "text": f.text,
            }
            for f in made.feedback(found, ctx.configs[loop])
        ],
    }


def scenario_now(ctx: LookupContext) -> JsonValue:
    """The promoted plan: people by role, pools with everybody's load, territories, and who covers what.

    Args:
        ctx: the runtime's side.
    """
    plan, today = ctx.records.scenario, ctx.records.at.date()
    office = [r for r in plan.roster if (r.left_on is None or r.left_on > today)]
    roles = Counter(rep.role for rep in office)
    pools = [
        {
            "id": pool.id,
            "name": pool.name,
            "backup": pool.backup,
            "people": [_named(ctx, rep) for rep in pool.members],
            "members": [_member(ctx, member) for member in ctx.records.members(pool.id)],
        }
        for pool in plan.pools
    ]
    return {
        "scenario": plan.name,
        "people": len(office),
        "roles": [{"role": role, "count": count} for role, count in sorted(roles.items())],
        "pools": cast("JsonValue", pools),
        "territories": [
            {"id": x.id, "name": x.name, "countries": [*x.countries], "regions": len(x.regions)}
            for x in plan.territories
        ],
        "queues": [*plan.queues],
        "covers": [rule.plain() for rule in covers(ctx)],
    }


@dataclass(frozen=True)
class Covered:
    """What one of Route's rules sends to whom."""

    rule: str
    territories: tuple[str, ...]
    # empty: it doesn't ask for one
    owner: str
    when: str | None
    # its other conditions in words

    def plain(self) -> dict[str, JsonValue]:
        """The rule as plain JSON."""
        return {
            "rule": self.rule,
            "territories": [*self.territories],
            "owner": self.owner,
            "when": self.when,
        }


def covers(ctx: LookupContext) -> tuple[Covered, ...]:
    """Route's rules in their order."""
    rules: tuple[Rule, ...] = getattr(ctx.configs["route"], "rules", ())
    return tuple(_covered(rule) for rule in rules)


def _covered(rule: Rule) -> Covered:
    where = rule.when["territory"].any_of if "territory" in rule.when else ()
    more = "; ".join(f"{name} {c.words()}" for name, c in rule.when.items() if name != "territory")
    return Covered(rule.name, where, rule.owner, more or None)


def _member(ctx: LookupContext, member: Member) -> dict[str, JsonValue]:
    rep = ctx.records.rep(member.rep)
    name = rep.name if rep else member.rep
    return {"rep": member.rep, "name": name, "load": member.load, "unavailable": member.unavailable}


def _named(ctx: LookupContext, id: str) -> str:
    rep = ctx.records.rep(id)
    return f"{rep.name} ({id})" if rep else id


def _least(config: LoopConfig) -> int:
    """The sample below which the loop's config judges no figure; 0 where it doesn't say."""
    intents = (getattr(config, name, None) for name in ("intent", "drift"))
    return max((int(getattr(intent, "min_sample", 0)) for intent in intents), default=0)


def _known(ctx: LookupContext, loop: str) -> None:
    if loop not in ctx.registry.loops:
        raise ToolRetry(f"loop {loop} isn't built yet; there are {', '.join(ctx.registry.loops)}")
