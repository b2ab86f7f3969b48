"""What may be spent: each HTTP request is reserved at its most before it leaves, settled when it is back."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from agent.models.errors import ModelDown, OverBudget
from agent.models.exchange import Spender
from tools.model_prices import MICROS, Price, Prices
from tools.model_settings import DayBudget, ModelSettings, RequestBudget
from tools.store import Store, usage
from tools.store.usage import Entry, Spent

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English, on the safe side for JSON."""
MILLISECONDS = 1000
MOST_TIMES_WRITTEN = 4
"""Times the longest answer that an endpoint may count: it was told to stop there, but counts by its own
tokenizer, and some count what the model thought beside what it said."""
MOST_TIMES_READ, MOST_MORE_READ = 20, 10_000
"""Times the estimate, and tokens beside that, that it may count as read: for scripts that the rule of thumb
is far off for, and for what it puts around a request. More than either is no count, and would lock a day's
budget."""


@dataclass(frozen=True)
class Reservation:
    """One HTTP request that is paid for."""

    id: int
    price: Price | None
    input_tokens: int
    # as estimated
    output_tokens: int
    # the most the answer may have


def estimated_tokens(characters: int) -> int:
    """How many tokens so many characters are, rounded up."""
    return -(-characters // CHARACTERS_PER_TOKEN)


class Budget:
    """The budgets of a workspace, kept in its store: every process sees what the others spend."""

    def __init__(self, store: Store, settings: ModelSettings, prices: Prices, zone: str) -> None:
        self._store, self._settings, self._prices, self._zone = store, settings, prices, ZoneInfo(zone)

    def seconds_left(self, request: str) -> float:
        """How long the request may still wait for models."""
        with self._store.reading() as tx:
            return self._settings.request.seconds - usage.spent_for(tx, request).ms / MILLISECONDS

    def reserve(
        self, who: Spender, model: str, input_tokens: int, output_tokens: int, seconds: float
    ) -> Reservation:
        """The reservation; it counts until it is settled, so a crash leaves it counted.

        Raises:
            OverBudget: it would be more than the run may spend.
            ModelDown: it would be more than the day's budget, or a cap on money meets a model without price.
        """
        day = who.at.astimezone(self._zone).date()
        price = self._prices.on(model, day)
        cost = price.cost_micros(input_tokens, output_tokens) if price else None
        self._check_priced(model, day, cost)
        entry = Entry(
            who.counted, who.run, who.step, who.loop, who.specialist, model, who.prompt, who.at,
            day.isoformat(), input_tokens, output_tokens, cost, self._settings.currency,
            round(seconds * MILLISECONDS),
        )  # fmt: skip
        with self._store.transaction() as tx:
            self._check_run(usage.spent_for(tx, who.counted), entry)
            self._check_day(usage.spent_on(tx, entry.day), entry)
            return Reservation(usage.reserve(tx, entry), price, input_tokens, output_tokens)

    def used(
        self, held: Reservation, input_tokens: int | None, output_tokens: int | None, written: int, ms: int
    ) -> None:
        """Settle an answered request.

        Args:
            held: its reservation.
            input_tokens: as the endpoint says; None: it doesn't, and the estimate stands, as it does
                where what it says can't be.
            output_tokens: the same.
            written: the answer's length in characters, for an endpoint that counts no tokens.
            ms: how long it took, the wait before it included.
        """
        said_read = _believed(input_tokens, MOST_TIMES_READ * held.input_tokens + MOST_MORE_READ)
        said_wrote = _believed(output_tokens, MOST_TIMES_WRITTEN * held.output_tokens)
        guessed = said_read is None or said_wrote is None
        read = held.input_tokens if said_read is None else said_read
        wrote = estimated_tokens(written) if said_wrote is None else said_wrote
        self._settle(held, "done", "", read, wrote, guessed, ms)

    def failed(self, held: Reservation, fault: str, charged: bool, ms: int) -> None:
        """Settle a request without an answer.

        Args:
            held: its reservation.
            fault: what happened, in a few words.
            charged: whether the model may have worked on it all the same: then the reservation stands.
            ms: how long it took, the wait before it included.
        """
        tokens = (held.input_tokens, held.output_tokens) if charged else (0, 0)
        self._settle(held, "failed", fault, *tokens, charged, ms)

    def _settle(
        self, held: Reservation, state: usage.Settled, fault: str, read: int, wrote: int, guess: bool, ms: int
    ) -> None:
        cost = held.price.cost_micros(read, wrote) if held.price else None
        with self._store.transaction() as tx:
            usage.settle(
                tx, held.id, state, fault=fault, input_tokens=read, output_tokens=wrote,
                estimated=guess, cost_micros=cost, ms=ms,
            )  # fmt: skip

    def _check_priced(self, model: str, day: date, cost: int | None) -> None:
        caps = (self._settings.request.money_micros, self._settings.day.money_micros)
        if cost is None and caps != (None, None):
            raise ModelDown(
                f"{model} has no price on {day}, so a cap on money can't hold: "
                f"add it to prices.yaml or drop the cap"
            )

    def _check_run(self, spent: Spent, entry: Entry) -> None:
        limits: RequestBudget = self._settings.request
        if spent.ms + entry.ms > limits.seconds * MILLISECONDS:
            raise OverBudget(f"the run's budget of {limits.seconds:g} s of waiting for models is spent")
        if over := _over(spent, entry, limits, self._settings.currency):
            raise OverBudget(f"the run's budget of {over} is spent")

    def _check_day(self, spent: Spent, entry: Entry) -> None:
        if over := _over(spent, entry, self._settings.day, self._settings.currency):
            raise ModelDown(f"{entry.model} isn't asked any more today: the day's budget of {over} is spent")


def _believed(said: int | None, most: int) -> int | None:
    """The count, where it can be one."""
    return said if said is not None and 0 <= said <= most else None


def _over(spent: Spent, entry: Entry, limits: RequestBudget | DayBudget, currency: str) -> str:
    """The limit that the entry would exceed, in words; "" where it fits."""
    if limits.calls is not None and spent.calls + 1 > limits.calls:
        return f"{limits.calls} calls"
    tokens = spent.tokens + entry.input_tokens + entry.output_tokens
    if limits.tokens is not None and tokens > limits.tokens:
        return f"{limits.tokens} tokens"
    money = spent.money_micros + (entry.cost_micros or 0)
    if limits.money_micros is not None and money > limits.money_micros:
        return f"{limits.money_micros / MICROS:g} {currency}"
    return ""
