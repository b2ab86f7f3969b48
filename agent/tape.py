"""The tape: every model and tool exchange of a run's step, written as it happens, read again on replay."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue
from sqlalchemy import delete, select

from loops.errors import RevloopsError
from loops.values import canonical, content_hash
from tools.store import Store, Tx
from tools.store import tables as t

Kind = Literal["model", "tool"]


class TapeMiss(RevloopsError):
    """A replayed agent asked for something that isn't on the tape, or not like that."""


@dataclass(frozen=True)
class Pin:
    """What a taped model exchange was made with: today's model and prompt may be others."""

    model: str
    prompt: str
    # its effective text


@dataclass(frozen=True)
class _Taped:
    kind: str
    request: str
    response: str
    model: str
    prompt: str


class Tape:
    """The exchanges of one step, in call order.

    A request that is on the tape already is answered from it: after a crash a step goes on where it was, and
    a replay touches nothing. Live, a request that differs from the tape's (the code changed since the crash)
    replaces it and what followed.
    """

    def __init__(
        self, store: Store, run: str, step: int, subject: str | None, *, replay: bool = False
    ) -> None:
        self._store, self.run, self.step, self._subject, self.replaying = store, run, step, subject, replay
        self.requests: list[str] = []
        of = t.exchanges.c
        query = select(of.n, of.kind, of.request, of.response, of.model, of.prompt).order_by(of.n)
        with store.reading() as tx:
            rows = tx.all(query.where(of.run == run, of.step == step))
        self._taped = {row[0]: _Taped(*row[1:]) for row in rows}

    def next_step(self) -> "Tape":
        """The tape of the step after this one."""
        return Tape(self._store, self.run, self.step + 1, self._subject, replay=self.replaying)

    def pin(self) -> Pin | None:
        """On replay, what the next taped model exchange was made with; else None."""
        ahead = (n for n in sorted(self._taped) if n >= len(self.requests) and self._taped[n].kind == "model")
        n = next(ahead, None) if self.replaying else None
        if n is None:
            return None
        with self._store.reading() as tx:
            return Pin(self._taped[n].model, tx.get(self._taped[n].prompt).decode())

    async def exchange(
        self,
        kind: Kind,
        request: JsonValue,
        call: Callable[[], Awaitable[JsonValue]],
        pin: Pin | None = None,
    ) -> JsonValue:
        """The response: from the tape where it has this request, else from `call`, which is then taped.

        Args:
            kind: what is asked.
            request: everything the response depends on.
            call: asks it; what it raises is not taped.
            pin: of a model exchange: its model and prompt.

        Raises:
            TapeMiss: on replay, the tape lacks it or has another request in its place.
        """
        n, asked = len(self.requests), content_hash(request)
        taped = self._taped.get(n)
        if taped and taped.request == asked:
            self.requests.append(asked)
            with self._store.reading() as tx:
                return tx.json(taped.response)
        if self.replaying:
            how = "another request stands there" if taped else "it isn't on the tape"
            raise TapeMiss(f"exchange {self.run[:8]}/{self.step}/{n} ({kind}): {how}")
        response = await call()
        with self._store.transaction() as tx:
            if taped:
                self._cut(tx, n)
            tx.add(
                t.exchanges,
                run=self.run,
                step=self.step,
                n=n,
                kind=kind,
                request=asked,
                response=tx.put(canonical(response), self._subject),
                model=pin.model if pin else "",
                prompt=tx.put(pin.prompt.encode()) if pin else "",
            )
        self.requests.append(asked)
        return response

    def _cut(self, tx: Tx, n: int) -> None:
        here = (t.exchanges.c.run == self.run, t.exchanges.c.step == self.step, t.exchanges.c.n >= n)
        tx.conn.execute(delete(t.exchanges).where(*here))
        self._taped = {k: v for k, v in self._taped.items() if k < n}
