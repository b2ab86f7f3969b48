"""The server: the SDK's, with our own list of tools per caller, checks, journal, limits and refusals.

Who calls is said by each request: over HTTP by its token, over stdio by the one the process was started with.
"""

import json
import logging
import threading
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from time import monotonic
from typing import Any, cast

import anyio.from_thread
import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST, CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from mcp_types import Tool as Listed
from pydantic import AnyUrl, JsonValue

from agent.bootstrap import House
from loops.errors import RevloopsError
from loops.values import canonical
from mcp_server import card, resources, schema
from mcp_server.access import CALLER, CALLS_KEY, Caller, secret
from mcp_server.answer import Answer
from mcp_server.desk import Denied, Desk
from mcp_server.fresh import Fresh
from mcp_server.journal import Call, Journal
from mcp_server.offers import OFFERS, Offer
from mcp_server.rate import PER_MINUTE, Rate
from tools.errors import ToolFailed, ToolRetry

log = logging.getLogger(__name__)
NAME = "revloops"
_BROKEN = "failed inside and nothing more is known here: the server's log says why; nothing was half written"
_OUTPUT = schema.output(Answer)
_ALL = {one.name: one for one in OFFERS}
_GREETINGS = ("initialize", "server/discover")


_KNOWN = frozenset(
    "initialize server/discover ping tools/list tools/call resources/list resources/templates/list "
    "resources/read prompts/list prompts/get completion/complete logging/setLevel".split()
)
_OWN = ("tools/call", "resources/read")
"""Methods whose calls are counted and written down one by one, by what they name."""
_TOLD: ContextVar[list[str]] = ContextVar("told")
"""Takes what such a method wrote down of the request at hand."""


def needed(name: str, arguments: object) -> tuple[str, ...]:
    """The scopes that a call takes; none where it takes none, or there is no such tool."""
    offer = _ALL.get(name)
    if offer is None:
        return ()
    given = cast("dict[str, object]", arguments) if isinstance(arguments, dict) else {}
    wet = offer.writes if offer.wet(given) else ()
    return tuple(scope for scope in (offer.scope, *wet) if scope)


class Server(MCPServer[Any]):
    """Tools on one house, for one caller, or over HTTP for whomever a request's token stands for."""

    def __init__(
        self,
        house: House,
        caller: Caller | Callable[[House], Caller],
        *,
        toolsets: Collection[str] = (),
        per_minute: int = PER_MINUTE,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Offer what the caller may reach.

        Args:
            house: the workspace.
            caller: whom a request is answered for that doesn't say whose it is, or who finds that out for
                each call.
            toolsets: only the tools of these; empty: all.
            per_minute: calls of one principal.
            clock: seconds, for the rate limit.
        """
        self.fresh, self._alone = Fresh(house), caller
        super().__init__(
            NAME, title=NAME, version=_version(), log_level="WARNING", instructions=instructions(self.caller),
            extensions=[card.apps()], middleware=[_greeting, self._noted],
        )  # fmt: skip
        key, days = secret(house.workspace, CALLS_KEY), house.workspace.settings.mcp.keep_calls_days
        self.journal, self.rate = Journal(house.store, key, days), Rate(per_minute, clock)
        self._within = tuple(one for one in OFFERS if one.within(toolsets))
        self._may: dict[frozenset[str], dict[str, Offer]] = {}
        self._listed: dict[frozenset[str], list[Listed]] = {}
        self._clock = clock
        self._one = threading.Lock()
        # one call at a time: a house has one runtime
        resources.offer(self)

    @property
    def house(self) -> House:
        """The workspace as it was last looked at."""
        return self.fresh.house

    @property
    def caller(self) -> Caller:
        """Whom the request at hand is for."""
        there = CALLER.get()
        if there is not None:
            return there
        return self._alone(self.house) if callable(self._alone) else self._alone

    @property
    def desk(self) -> Desk:
        """What they work at."""
        return Desk(self.house, self.caller)

    @property
    def offers(self) -> dict[str, Offer]:
        """The tools that they may call, by name."""
        caller = self.caller
        scopes = caller.principal.scopes
        if scopes not in self._may:
            may = (one for one in self._within if not one.scope or caller.may(one.scope))
            self._may[scopes] = {one.name: one for one in may}
        return self._may[scopes]

    def close(self) -> None:
        """Write down what wasn't yet, at a clean stop."""
        self.journal.close()

    async def list_tools(self) -> list[Listed]:
        """The tools that the caller may call."""
        caller = self.caller
        scopes = caller.principal.scopes
        if scopes not in self._listed:
            self._listed[scopes] = [listed(offer, caller) for offer in self.offers.values()]
        return self._listed[scopes]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """The tool's result, or one sentence with the next step where there is none."""
        self.fresh.look()
        _tell(name)
        told = set[int]()

        def tell(done: int, total: int, says: str) -> None:
            anyio.from_thread.check_cancelled()
            if context is not None and done not in told:
                told.add(done)
                anyio.from_thread.run(context.report_progress, done, total, says)

        desk = replace(self.desk, tell=tell, aside=self._aside)
        try:
            return await anyio.to_thread.run_sync(self._called, desk, name, arguments)
        except Exception:  # what can't be written down isn't answered either
            log.exception("tool %s: its call couldn't be written down", name[:60])
            return _failed(f"{name[:60]} {_BROKEN}")

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """What lies at an address; reading it is written down like a call."""
        self.fresh.look()
        desk, started, outcome = self.desk, self._clock(), "refused"
        scope = resources.scope_of(str(uri))
        try:
            self.admit(desk.caller)
            if scope:
                desk.needs(scope)
            found = await super().read_resource(uri, context)
            outcome = "done"
            return found
        except Denied as error:
            outcome = "denied"
            raise ResourceError(str(error)) from None
        except RevloopsError as error:
            raise ResourceError(str(error)) from None
        finally:
            took, said = round((self._clock() - started) * 1000), self.journal.hashed(str(uri).encode())
            _tell("resources/read")
            self.journal.note(desk.caller, Call("resources/read", scope, said, outcome, took), desk.at)

    def admit(self, caller: Caller) -> None:
        """Let a call in.

        Raises:
            RevloopsError: they call too often, aren't who they were, or the workspace has a fault.
        """
        if not self.rate.take(caller.principal.id):
            most = self.rate.most
            raise RevloopsError(f"more than {most} calls in a minute: wait; one call takes many ids")
        if caller.refused:
            raise RevloopsError(caller.refused)
        if self.fresh.fault:
            raise RevloopsError(f"the workspace was edited and has a fault: {self.fresh.fault}")

    async def _noted(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Count and write down what names no tool and no address, and what was too ill-formed to."""
        if ctx.request_id is None:
            return await call_next(ctx)
        desk, started, outcome = self.desk, self._clock(), "refused"
        method, told = ctx.method if ctx.method in _KNOWN else "unknown method", list[str]()
        before = _TOLD.set(told)
        try:
            if method not in _OWN and not self.rate.take(desk.caller.principal.id):
                raise MCPError(INVALID_REQUEST, f"more than {self.rate.most} calls in a minute: wait")
            result = await call_next(ctx)
            outcome = "done"
            return result
        finally:
            _TOLD.reset(before)
            if not told:
                took = round((self._clock() - started) * 1000)
                self.journal.note(desk.caller, Call(method, "", "", outcome, took), desk.at)

    @contextmanager
    def _aside(self) -> Generator[None]:
        """Let other calls through while one only waits for long work."""
        self._one.release()
        try:
            yield
        finally:
            self._one.acquire()

    def _called(self, desk: Desk, name: str, arguments: dict[str, Any]) -> CallToolResult:
        started, outcome = self._clock(), "cancelled"
        offer, scopes = self.offers.get(name), needed(name, arguments)
        writes = offer is not None and any(scope in scopes for scope in offer.writes)
        with self._one:
            try:
                result, outcome = self._made(desk, name, offer, arguments)
                return result
            finally:
                took = round((self._clock() - started) * 1000)
                said = self.journal.hashed(canonical_of(arguments))
                call = Call(name if name in _ALL else "unknown", " ".join(scopes), said, outcome, took)
                self.journal.note(desk.caller, call, desk.at, now=writes)

    def _made(
        self, desk: Desk, name: str, offer: Offer | None, arguments: dict[str, Any]
    ) -> tuple[CallToolResult, str]:
        try:
            self.admit(desk.caller)
            if offer is None:
                _not_offered(desk, name)
                raise RevloopsError(f"there is no tool {name[:60]}; there are {', '.join(self.offers)}")
            read = schema.read(name, offer.model, cast("dict[str, JsonValue]", arguments))
            for scope in offer.writes if offer.wet(arguments) else ():
                desk.needs(scope)
            return _result(offer.fn(desk, **read)), "done"
        except Denied as error:
            return _failed(str(error)), "denied"
        except (RevloopsError, ToolRetry, ToolFailed) as error:
            return _failed(str(error)), "refused"
        except Exception:
            log.exception("tool %s failed", name)
            return _failed(f"{name[:60]} {_BROKEN}"), "failed"


def _tell(what: str) -> None:
    """Say that the request at hand is being written down."""
    _TOLD.get([]).append(what)


async def _greeting(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Tell whoever begins who they are here: the SDK's greeting is the same for everybody."""
    result, caller = await call_next(ctx), CALLER.get()
    if ctx.method not in _GREETINGS or caller is None or result is None:
        return result
    said = instructions(caller)
    if isinstance(result, dict):
        return {**result, "instructions": said}
    return result.model_copy(update={"instructions": said})


def _not_offered(desk: Desk, name: str) -> None:
    """Refuse a tool that the caller's scopes hide."""
    hidden = _ALL.get(name)
    if hidden and hidden.scope:
        desk.needs(hidden.scope)


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
    writes = bool(offer.writes) and all(caller.may(scope) for scope in offer.writes)
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
        _meta=offer.meta or None,
    )


def _result(answer: Answer) -> CallToolResult:
    return CallToolResult(content=[*answer.content], structured_content=answer.whole)


def _failed(says: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=says)], is_error=True)


def canonical_of(value: dict[str, Any]) -> bytes:
    """Its canonical JSON; of what has none (half a surrogate pair, say) one with escapes."""
    try:
        return canonical(cast("JsonValue", value))
    except ValueError:
        return json.dumps(value, sort_keys=True).encode()
