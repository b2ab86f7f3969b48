"""What was deleted leaves the files as well."""

from pathlib import Path

from loops.errors import RevloopsError
from tools.knowledge.errors import VectorsBusy
from tools.knowledge.index import vectors_in
from tools.knowledge.vectors import discard
from tools.store.store import Store


def overwrite(store: Store, what: str, data: Path, again: str) -> None:
    """Leave nothing of what was deleted in the database's free pages, nor in the index of vectors.

    Args:
        store: the database; it is rewritten.
        what: what was deleted, as a sentence starts: `the rows of P-1`.
        data: the workspace's data folder, where the vectors lie.
        again: the command that finishes it.

    Raises:
        RevloopsError: another process holds a file open.
    """
    if not store.compact():
        raise RevloopsError(
            f"{what} are deleted, but another process holds the file open, so that it still contains them: "
            f"stop it and run `{again}` again"
        )
    try:
        discard(vectors_in(data))
    except VectorsBusy as error:
        raise RevloopsError(
            f"{what} are deleted, but {error}, which still contains them: stop it and run `{again}` again"
        ) from error
