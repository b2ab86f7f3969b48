"""The embedded policy of the territory matcher: evidence votes for options it fits; a near tie abstains."""

from typing import Any

from pydantic import JsonValue

from agent.embedded.cues import lists, plain
from agent.spec import Reply, ToolCall, ToolResult

NONE = "none"


def territory_matcher(
    payload: dict[str, Any], results: tuple[ToolResult, ...]
) -> tuple[ToolCall, ...] | Reply:
    """The option most evidence speaks for, each piece cited; its confidence is that option's share."""
    given = lists("territory.yaml")
    votes = [
        (evidence, fits) for evidence in payload["evidence"] if (fits := _fits(evidence, payload["options"]))
    ]
    totals = {option["id"]: 0.0 for option in payload["options"]}
    for evidence, fits in votes:
        for id in fits:
            # what fits several options speaks for each of them by its share alone
            totals[id] += given["weights"][evidence["kind"]] / len(fits)
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    if not votes or not ranked:
        return _none([], "no piece of evidence fits an option", given)
    best, points = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    share = points / (sum(totals.values()) + given["doubt"])
    if points - second < given["lead"]:
        cited = [evidence["source"] for evidence, _ in votes]
        return _none(cited, f"the evidence is balanced: {_told(votes)}", given)
    own = [(evidence, fits) for evidence, fits in votes if best in fits]
    cited: list[JsonValue] = [evidence["source"] for evidence, _ in own]
    against = _told([vote for vote in votes if best not in vote[1]])
    why = f"{_told(own)}{f'; against it: {against}' if against else ''}"
    return Reply({"choice": best, "cited": cited}, round(share, 3), why)


def _fits(evidence: dict[str, Any], options: list[dict[str, Any]]) -> list[str]:
    """The options that it speaks for: those that hold a name in it, else those that cover its place."""
    said = plain(evidence["says"]["text"])
    holding = [o["id"] for o in options if any(plain(name) in said for name in o["holds"])]
    covering = [o["id"] for o in options if _covers(o, evidence["country"], evidence["region"])]
    # a place that all options cover tells none of them apart
    return holding or (covering if len(covering) < len(options) else [])


def _covers(option: dict[str, Any], country: str | None, region: str | None) -> bool:
    if country is None or not (option["countries"] or option["regions"]):
        return False
    in_country = not option["countries"] or country in option["countries"]
    return in_country and (not option["regions"] or region in option["regions"])


def _told(votes: list[tuple[dict[str, Any], list[str]]]) -> str:
    return "; ".join(f"{e['kind']} ({e['source']}) speaks for {' or '.join(fits)}" for e, fits in votes)


def _none(cited: list[JsonValue], why: str, given: dict[str, Any]) -> Reply:
    return Reply({"choice": NONE, "cited": cited}, float(given["balanced"]), why)
