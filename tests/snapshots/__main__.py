"""Accept what a model sees now: writes the snapshots and says what changed."""

import sys

from tests.snapshots import HERE, accepted, changes, current, table


def main() -> None:
    now, before = current(), accepted()
    for name in before.keys() - now.keys():
        (HERE / name).unlink()
    for name, text in now.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(changes(now, before))} snapshots written\n{table()}\n")


main()
