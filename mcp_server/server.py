"""The server: the SDK's, with our own list of tools per caller, checks, journal, limits and refusals."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable
from time import monotonic
from typing import Any, cast

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from mcp_types import Tool as Listed
from pydantic import AnyUrl, JsonValue

from agent.bootstrap import House
from loops.errors import RevloopsError
from loops.values import canonical, content_hash
from mcp_server import resources, schema
from mcp_server.access import Caller
from mcp_server.answer import Answer
from mcp_server.desk import Denied, Desk
from mcp_server.journal import Call, Journal
from mcp_server.offers import OFFERS, Offer
from tools.errors import ToolFailed, ToolRetry

log = logging.getLogger(__name__)
NAME = "revloops"
PER_MINUTE = 240
"""Calls of one principal; more are refused until the minute is over."""
_BROKEN = "failed inside and nothing more is known here: the server's log says why; nothing was half written"


_OUTPUT = schema.output(Answer)


class Server(MCPServer[Any]):
    """Tools on one house, for one caller."""

    def __init__(
        self,
        house: House,
        caller: Caller,
        *,
        toolsets: Collection[str] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Offer what the caller may reach.

        Args:
            house: the workspace.
            caller: whom every call is made for.
            toolsets: only the tools of these; empty: all.
            clock: seconds, for the rate limit.
        """
        told = instructions(caller)
        super().__init__(NAME, title=NAME, version=_version(), log_level="WARNING", instructions=told)
        self.desk = Desk(house, caller)
        self.journal = Journal(house.store)
        self.offers = {
            one.name: one for one in OFFERS
            if (not toolsets or one.toolset in toolsets) and (not one.scope or caller.may(one.scope))
        }  # fmt: skip
        self._all = {one.name: one for one in OFFERS}
        self._clock, self._late = clock, deque[float]()
        self._one = threading.Lock()
        # one call at a time: a house has one runtime
        resources.offer(self)

    async def list_tools(self) -> list[Listed]:
        """The tools that the caller may call."""
        return [listed(offer, self.desk.caller) for offer in self.offers.values()]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """The tool's result, or one sentence with the next step where there is none."""
        try:
            return await anyio.to_thread.run_sync(self._called, name, arguments)
        except Exception:  # what can't be written down isn't answered either
            log.exception("tool %s: its call couldn't be written down", name[:60])
            return _failed(f"{name[:60]} {_BROKEN}")

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """What lies at an address; reading it is written down like a call."""
        outcome = "refused"
        try:
            found = await super().read_resource(uri, context)
            outcome = "done"
            return found
        finally:
            said = content_hash(str(uri).encode())
            self.journal.note(self.desk.caller, Call("resources/read", "", said, outcome, 0), self.desk.at)

    def _called(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        started = self._clock()
        offer = self.offers.get(name)
        with self._one:
            result, outcome = self._made(name, offer, arguments)
            took = round((self._clock() - started) * 1000)
            said = content_hash(canonical_of(arguments))
            scope = self._all[name].scope if name in self._all else ""
            self.journal.note(self.desk.caller, Call(name, scope, said, outcome, took), self.desk.at)
        return result

    def _made(
        self, name: str, offer: Offer | None, arguments: dict[str, Any]
    ) -> tuple[CallToolResult, str]:
        try:
            self._within_rate()
            if offer is None:
                self._not_offered(name)
                raise RevloopsError(f"there is no tool {name[:60]}; there are {', '.join(self.offers)}")
            if offer.writes and arguments.get("dry_run") is False:
                self.desk.needs(offer.writes)
            read = schema.read(name, offer.model, cast("dict[str, JsonValue]", arguments))
            return _result(offer.fn(self.desk, **read)), "done"
        except Denied as error:
            return _failed(str(error)), "denied"
        except (RevloopsError, ToolRetry, ToolFailed) as error:
            return _failed(str(error)), "refused"
        except Exception:
            log.exception("tool %s failed", name)
            return _failed(f"{name[:60]} {_BROKEN}"), "failed"

    def _not_offered(self, name: str) -> None:
        """Refuse a tool that the caller's scopes hide."""
        hidden = self._all.get(name)
        if hidden and hidden.scope:
            self.desk.needs(hidden.scope)

    def _within_rate(self) -> None:
        now = self._clock()
        while self._late and now - self._late[0] >= 60:
            self._late.popleft()
        if len(self._late) >= PER_MINUTE:
            raise RevloopsError(f"more than {PER_MINUTE} calls in a minute: wait; one call takes many ids")
        self._late.append(now)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(NAME)
    except PackageNotFoundError:  # run from its source alone
        return ""


def instructions(caller: Caller) -> str:
    """What a client is told of the server, and of its caller."""
    from importlib.resources import files

    text = files("mcp_server").joinpath("instructions.md").read_text(encoding="utf-8").strip()
    return f"{text}\n\nCaller: {caller.principal.id} ({caller.principal.role}). {caller.note}".strip()


def listed(offer: Offer, caller: Caller) -> Listed:
    """A tool as clients see it."""
    writes = bool(offer.writes) and caller.may(offer.writes)
    hints = ToolAnnotations(
        read_only_hint=not writes, destructive_hint=False, idempotent_hint=not writes, open_world_hint=False
    )
    return Listed(
        name=offer.name,
        title=offer.title,
        description=schema.says(offer.fn),
        input_schema=offer.takes,
        output_schema=_OUTPUT,
        annotations=hints,
    )


def _result(answer: Answer) -> CallToolResult:
    whole = answer.model_dump(mode="json", exclude_defaults=True)
    text = canonical_of(whole).decode()
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=whole)


def _failed(says: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=says)], is_error=True)


def canonical_of(value: dict[str, Any]) -> bytes:
    """Its canonical JSON."""
    return canonical(cast("JsonValue", value))
