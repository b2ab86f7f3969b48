"""The list of approvers is sealed whole, and each list names those before it."""

import json

from tests.tools.workplace import SECRET, Workplace
from tools.approvals import signing
from tools.approvals.registry import Registry, list_path, load_registry


def test_a_list_follows_those_before_it_and_no_other(place: Workplace) -> None:
    first = load_registry(place.directory, SECRET)
    signing.require_two_people(place.directory, True, SECRET)
    second = load_registry(place.directory, SECRET)
    assert (first.counter, second.counter, second.two_people) == (1, 2, True)
    assert second.follows(first.seal) and second.follows(second.seal) and second.follows("")
    assert not first.follows(second.seal) and not Registry().follows(first.seal)


def test_an_entry_cant_be_left_out_of_the_list(place: Workplace) -> None:
    signing.require_two_people(place.directory, True, SECRET)
    path = list_path(place.directory)
    known = json.loads(path.read_bytes())
    known["list"]["entries"].pop()
    path.write_text(json.dumps(known), encoding="utf-8")
    registry = load_registry(place.directory, SECRET)
    assert registry.forged and not registry.approvers
