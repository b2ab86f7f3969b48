"""The one door to language models: budgets first, then the wire, then one retry layer of our own."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from agent.models.breaker import Circuits
from agent.models.budget import MILLISECONDS, Budget, Reservation, estimated_tokens
from agent.models.errors import BadAnswer, ModelDown, OverBudget
from agent.models.exchange import Call, Completion, Request
from agent.models.manners import Manner, Manners, without_refused
from agent.models.port import EMBEDDED
from agent.models.schema import read_json
from agent.models.wiring import Wiring, wired
from loops.values import canonical
from tools.model_prices import Prices
from tools.model_settings import ModelSettings
from tools.store import Store

if TYPE_CHECKING:
    from agent.models.wire import HttpFault, Wire
    from agent.models.wording import Instructions, Wording

log = logging.getLogger(__name__)
FIRST_WAIT_SECONDS = 0.25
"""Before the second try; doubled before each further one."""
NOT_FOUND, SERVER_ERROR = 404, 500
REJECTED = frozenset({400, 404, 422})
"""What endpoints say to a request in a manner that they don't know."""
UNFIT = frozenset({400, 413, 422})
"""What they say to a request that they can't take in any manner; it shows that they are there."""
CALL_CHARACTERS = 40
"""What stands around the name and the arguments of a call, so that calls of nothing have a length too."""
SAYS = {401: "refuses the key", 403: "refuses the key", 404: "isn't there", 429: "takes no more for now"}


@dataclass
class _Effort:
    """What one request has taken so far."""

    request: Request
    model: str
    deadline: float
    # by the monotonic clock
    began: float
    mark: float
    # up to when its time is settled
    tries: int = 0


class Door:
    """The way to language models: one a process."""

    def __init__(
        self,
        settings: ModelSettings,
        store: Store,
        instructions: "Callable[[str], str]",
        *,
        prices: Prices | None = None,
        zone: str = "UTC",
        known: Collection[str] = (),
        environment: Mapping[str, str] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put the door together.

        Args:
            settings: the workspace's `[models]`.
            store: where usage is kept, and what was learned of endpoints.
            instructions: a prompt's text by its name.
            prices: the workspace's price list.
            zone: the workspace's IANA zone, whose days the day's budget goes by.
            known: every specialist's name.
            environment: the process's, unless told otherwise.
            sleep: waits so many seconds.
            monotonic: seconds that only go up.

        Raises:
            RevloopsError: a model is named that can't be asked; the text says what to set.
        """
        self.wiring: Wiring = wired(settings, os.environ if environment is None else environment, known)
        fixed = None if settings.structured == "auto" else settings.structured
        self.manners = Manners(store, self.wiring.base_url, fixed)
        self._settings, self._texts, self._sleep, self._monotonic = settings, instructions, sleep, monotonic
        self._budget = Budget(store, settings, prices or Prices(), zone)
        self._circuits = Circuits(settings.breaker, monotonic)
        self._wire: Wire | None = None
        self._said: Instructions | None = None

    @property
    def when_down(self) -> Literal["fallback", "queue"]:
        """What a specialist does when its model can't be asked."""
        return self._settings.when_down

    def model_for(self, role: str) -> str:
        """The model of a specialist, as configured; `embedded` where it has none."""
        return self.wiring.model_for(role)

    async def close(self) -> None:
        """Let go of the connections; the next request opens new ones."""
        if self._wire and self._wire.loop is asyncio.get_running_loop():
            await self._wire.close()
        self._wire = None

    async def complete(self, request: Request) -> Completion:
        """What the role's model gave back.

        Raises:
            ModelDown: it can't be asked.
            OverBudget: the run has spent what it may.
            BadAnswer: it answered with something that can't be read.
        """
        model = self.model_for(request.role)
        if model == EMBEDDED:
            raise ModelDown(f"no model is configured for {request.role}: set REVLOOPS_MODEL")
        trial = self._circuits.enter(model)
        shown: bool | None = None
        # whether the endpoint answers; None: nothing was shown
        try:
            completion = await self._complete(request, model)
            shown = True
        except BadAnswer:
            shown = True
            raise
        except _EndpointDown as error:
            shown = False
            raise ModelDown(str(error)) from error
        finally:
            outcome = {True: self._circuits.answered, False: self._circuits.failed, None: self._circuits.left}
            outcome[shown](model, trial)
        return completion

    async def _complete(self, request: Request, model: str) -> Completion:
        now = self._monotonic()
        left = self._budget.seconds_left(request.who.counted)
        effort = _Effort(request, model, now + left, now, now)
        first = manner = self.manners.of(model, request.output_name)
        while True:
            try:
                completion = await self._persist(effort, manner)
                break
            except _Rejected as error:
                manner = error.instead
        if manner != first:
            self.manners.took(model, request.output_name, manner)
        self._learn(request, model, manner, completion)
        took = round((self._monotonic() - effort.began) * MILLISECONDS)
        return replace(completion, ms=took, tries=effort.tries)

    def _learn(self, request: Request, model: str, manner: Manner, said: Completion) -> None:
        if request.output is None or not said.text:
            return
        judge = self.manners.missed if read_json(said.text) is None else self.manners.proven
        judge(model, request.output_name, manner)

    async def _persist(self, effort: _Effort, manner: Manner) -> Completion:
        """The answer to a request in one manner, tried again where that may help.

        Raises:
            _Rejected: the endpoint doesn't take this manner; another is left.
            _EndpointDown: it gives no answer.
        """
        from agent.models.wire import HttpFault

        wording = self._worded(effort.request, manner)
        last: HttpFault | None = None
        for n in range(self._settings.max_tries):
            try:
                return await self._try(effort, manner, wording)
            except OverBudget as error:
                if effort.tries == 0:
                    raise
                before = f"{self._happened(effort, last)}, and " if last else ""
                raise _EndpointDown(f"{before}{error}") from error
            except HttpFault as fault:
                last = fault
                log.info("%s at %s: %s", effort.model, self.wiring.host, fault.what)
                if other := self._other(effort, manner, wording, fault, n):
                    raise _Rejected(other) from fault
                await self._wait(effort, fault, n)
        raise AssertionError("the last try waits for no other")

    def _other(
        self, effort: _Effort, manner: Manner, wording: "Wording", fault: "HttpFault", n: int
    ) -> Manner | None:
        """The manner to go on in after a fault; None: the manner isn't what is wrong."""
        if fault.status in REJECTED - {NOT_FOUND}:
            less = without_refused(manner, wording.sent, fault.param, fault.said)
            if less:
                return less
        proven = self.manners.is_proven(effort.model, effort.request.output_name)
        again = fault.status == SERVER_ERROR and n > 0
        # a known manner may still be too much for this one schema; a known model that is gone is gone
        rejected = fault.status in REJECTED and not (proven and fault.status == NOT_FOUND)
        return self.manners.simpler(manner) if rejected or (again and not proven) else None

    async def _wait(self, effort: _Effort, fault: "HttpFault", n: int) -> None:
        """Wait before the next try.

        Raises:
            _EndpointDown: there is none.
        """
        happened = self._happened(effort, fault)
        if fault.status in UNFIT:
            raise ModelDown(happened)
        if not fault.retryable or n + 1 >= self._settings.max_tries:
            raise _EndpointDown(happened)
        asked = fault.retry_after
        wait = FIRST_WAIT_SECONDS * 2**n if asked is None else asked
        left = effort.deadline - self._monotonic()
        if wait >= left:
            raise _EndpointDown(
                f"{happened}; the next try would be in {wait:.3g} s, the run may wait {max(left, 0):.3g} s"
            )
        await self._sleep(wait)

    def _happened(self, effort: _Effort, fault: "HttpFault") -> str:
        says = SAYS.get(fault.status or 0, "refuses the request")
        if fault.status is None or fault.status >= SERVER_ERROR:
            says = "failed"
        tries = "" if effort.tries == 1 else f", {effort.tries} tries"
        return f"{effort.model} at {self.wiring.host} {says} ({fault.what}{tries})"

    async def _try(self, effort: _Effort, manner: Manner, wording: "Wording") -> Completion:
        """One HTTP request, paid for before it leaves.

        Raises:
            HttpFault: no answer came.
            OverBudget: it isn't sent: the run has spent what it may.
        """
        from agent.models.wire import HttpFault
        from agent.models.wording import understood

        seconds = min(self._settings.timeout_seconds, effort.deadline - self._monotonic())
        if seconds <= 0:
            raise OverBudget(
                f"the run's budget of {self._settings.request.seconds:g} s of waiting for models is spent"
            )
        held = self._budget.reserve(
            effort.request.who, effort.model, estimated_tokens(wording.characters),
            self._settings.max_answer_tokens, seconds,
        )  # fmt: skip
        effort.tries += 1
        try:
            message = await self._wired().send(effort.model, wording, seconds)
            said = understood(message, effort.request, manner, effort.model)
        except HttpFault as fault:
            self._failed(effort, held, fault.what, fault.charged)
            raise
        except BaseException as error:
            self._failed(effort, held, type(error).__name__, True)
            raise
        length = len(said.text) + sum(_length(call) for call in said.calls)
        self._budget.used(held, said.input_tokens, said.output_tokens, length, self._took(effort))
        if length > self._settings.max_answer_chars:
            raise BadAnswer(
                f"{effort.model}'s answer has {length} characters, more than "
                f"{self._settings.max_answer_chars}"
            )
        return said

    def _failed(self, effort: _Effort, held: Reservation, what: str, charged: bool) -> None:
        self._budget.failed(held, what, charged, self._took(effort))

    def _took(self, effort: _Effort) -> int:
        """Milliseconds since the last time that was settled."""
        before, effort.mark = effort.mark, self._monotonic()
        return round((effort.mark - before) * MILLISECONDS)

    def _worded(self, request: Request, manner: Manner) -> "Wording":
        from agent.models.wording import Instructions, worded

        if self._said is None:
            self._said = Instructions(self._texts("plain_json"), self._texts("plain_tools"))
        return worded(request, manner, self._settings, self._said, self.wiring.is_openai)

    def _wired(self) -> "Wire":
        """The wire of the event loop that runs now: clients belong to one loop."""
        from agent.models.wire import Wire

        if self._wire is None or self._wire.loop is not asyncio.get_running_loop():
            self._wire = Wire(self.wiring, self._settings)
        return self._wire


def _length(call: Call) -> int:
    return len(call.name) + len(canonical(call.args)) + CALL_CHARACTERS


class _EndpointDown(Exception):
    """The endpoint gives no answer; the text is the whole sentence."""


class _Rejected(Exception):
    """The endpoint doesn't take a manner."""

    def __init__(self, instead: Manner) -> None:
        super().__init__(f"asked as {instead.structured} instead")
        self.instead = instead
