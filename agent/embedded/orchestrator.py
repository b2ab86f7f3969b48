"""The embedded policy of the orchestrator: whose word lists a message speaks to, part by part."""

import re
from typing import Any

from agent.chat import MOST_SPECIALISTS, Routing
from agent.embedded.cues import cue, first_of, lists, plain, points
from agent.embedded.examples import resembles
from agent.spec import Reply, ToolCall, ToolResult

_POLITE = re.compile(
    r"^(?:(?:please|hey|hi|ok|now|and|just|then|can you|could you|would you|will you|go ahead and)[,!]? )+"
)


def orchestrator(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> tuple[ToolCall, ...] | Reply:
    """The specialists whose cues a message holds, in its order; none with a reason where it holds none."""
    offered = {str(offer["name"]) for offer in payload["specialists"]}
    text = plain(str(payload["text"]["text"]))
    outside = _outside(text)
    if outside:
        return _none(outside)
    parts = [part for part in _parts(text) if not _is_order(part)]
    if not parts:
        return _none(str(lists("orchestrator.yaml")["none"]["act"]["says"]))
    chosen = _chosen(parts, offered)
    if not chosen and not _small_talk(text):
        chosen = _resembling(str(payload["text"]["text"]), offered)
    if not chosen and not _small_talk(text):
        # "and why?" goes on with what was asked before
        before = [line["text"]["text"] for line in payload.get("history", ()) if line["who"] == "person"]
        chosen = _chosen(_parts(plain(str(before[-1]))), offered) if before else []
    if not chosen:
        talk = lists("orchestrator.yaml")
        return _none(str(talk["none"]["small_talk"]["says"] if _small_talk(text) else talk["fallback"]))
    why = f"its words speak to {', '.join(name.replace('_', ' ') for name in chosen)}"
    return Reply(Routing(specialists=tuple(chosen), why=why).model_dump(mode="json"), why=why)


def _chosen(parts: list[str], offered: set[str]) -> list[str]:
    """The best specialist of each part, each once; of the whole message where no part has one."""
    found = [name for part in parts if (name := _best(part, offered))]
    whole = _best(" ".join(parts), offered)
    return list(dict.fromkeys(found or ([whole] if whole else [])))[:MOST_SPECIALISTS]


def _resembling(words: str, offered: set[str]) -> list[str]:
    """The specialist whose examples a message without cues resembles, if it clearly does."""
    name = resembles(words)
    return [name] if name in offered else []


def _best(text: str, offered: set[str]) -> str | None:
    """The specialist with the most points, ties to the one whose cue stands first; None below enough."""
    given = lists("orchestrator.yaml")
    ranked = sorted(
        (-points(cues, text), _first(cues, text), name)
        for name, cues in given["cues"].items()
        if name in offered
    )
    return ranked[0][2] if ranked and -ranked[0][0] >= given["enough"] else None


def _first(cues: dict[Any, list[str]], text: str) -> int:
    found = (first_of(listed, text) for listed in cues.values())
    return min((at for at in found if at is not None), default=len(text))


def _parts(text: str) -> list[str]:
    joints = "|".join(re.escape(joint) for joint in lists("orchestrator.yaml")["joints"])
    return [part.strip() for part in re.split(joints, text) if part.strip()]


def _is_order(part: str) -> bool:
    """Whether the part orders a change; `send me` and `show` order none."""
    bare = _POLITE.sub("", part)
    act = lists("orchestrator.yaml")["none"]["act"]
    return any(hit.start() == 0 for order in act["orders"] if (hit := cue(order).search(bare)))


def _outside(text: str) -> str | None:
    outside = lists("orchestrator.yaml")["none"]["outside"]
    return str(outside["says"]) if first_of(outside["cues"], text) is not None else None


def _small_talk(text: str) -> bool:
    return first_of(lists("orchestrator.yaml")["none"]["small_talk"]["cues"], text) is not None


def _none(because: str) -> Reply:
    return Reply(Routing(none_because=because, why="nobody's words are in it").model_dump(mode="json"))
