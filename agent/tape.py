"""The tape: every model and tool exchange of a run's step, written as it happens, read again on replay."""

from collections.abc import Callable
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


class Tape:
    """The exchanges of one step, in call order.

    A request that is on the tape already is answered from it: after a crash a step goes on where it was, and
    a replay touches nothing. Live, a request that differs from the tape's (the code changed since the crash)
    replaces it and what followed.
    """

    def __init__(
        self, store: Store, run: str, step: int, subject: str | None, *, replay: bool = False
    ) -> None:
        self._store, self.run, self.step, self._subject, self._replay = store, run, step, subject, replay
        self.requests: list[str] = []
        with store.reading() as tx:
            query = select(t.exchanges.c.n, t.exchanges.c.request, t.exchanges.c.response).order_by(
                t.exchanges.c.n
            )
            rows = tx.all(query.where(t.exchanges.c.run == run, t.exchanges.c.step == step))
            self._taped = {n: (request, response) for n, request, response in rows}

    def exchange(self, kind: Kind, request: JsonValue, call: Callable[[], JsonValue]) -> JsonValue:
        """The response: from the tape where it has this request, else from `call`, which is then taped.

        Raises:
            TapeMiss: on replay, the tape lacks it or has another request in its place.
        """
        n, asked = len(self.requests), content_hash(request)
        self.requests.append(asked)
        taped = self._taped.get(n)
        if taped and taped[0] == asked:
            with self._store.reading() as tx:
                return tx.json(taped[1])
        if self._replay:
            how = "another request stands there" if taped else "it isn't on the tape"
            raise TapeMiss(f"exchange {self.run[:8]}/{self.step}/{n} ({kind}): {how}")
        response = call()
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
            )
        return response

    def _cut(self, tx: Tx, n: int) -> None:
        here = (t.exchanges.c.run == self.run, t.exchanges.c.step == self.step, t.exchanges.c.n >= n)
        tx.conn.execute(delete(t.exchanges).where(*here))
        self._taped = {k: v for k, v in self._taped.items() if k < n}
