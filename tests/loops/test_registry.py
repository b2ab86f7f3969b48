"""The registry: a loop has all its elements or is refused by name."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loops.errors import LoopError
from loops.loop import MAP, Loop
from loops.registry import BUILT_IN, ELEMENTS, load, load_loop
from tests.house import template

ELEMENT_FILES = [(element, name) for element, names in ELEMENTS.items() for name in names]
SOURCE = Path(__file__).parents[1] / "partner" / "revloops_partner"


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A loop's package on its own, to take something from."""
    folder = tmp_path / "copied_partner"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    start = folder / "__init__.py"
    start.write_text(
        start.read_text(encoding="utf-8").replace('"revloops_partner"', '"copied_partner"'), "utf-8"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "copied_partner"]:
        del sys.modules[name]


@pytest.mark.feature("AN1")
@pytest.mark.parametrize(("element", "name"), ELEMENT_FILES)
def test_a_loop_that_lacks_an_element_is_refused_by_name(copied: Path, element: str, name: str) -> None:
    assert load_loop("copied_partner").name == "partner"
    (copied / name).unlink()
    with pytest.raises(LoopError) as refused:
        load_loop("copied_partner")
    assert str(refused.value) == f"loop copied_partner lacks its {element}: add {name} to copied_partner"


@pytest.mark.feature("AN1")
def test_a_package_that_declares_no_loop_is_refused(copied: Path) -> None:
    (copied / "__init__.py").write_text('"""Nothing."""\n', encoding="utf-8")
    with pytest.raises(LoopError, match="has no LOOP"):
        load_loop("copied_partner")


@pytest.mark.feature("AN1")
def test_a_loop_that_names_another_package_is_refused(copied: Path) -> None:
    text = (copied / "__init__.py").read_text(encoding="utf-8")
    (copied / "__init__.py").write_text(text.replace('"copied_partner"', '"loops.route"'), encoding="utf-8")
    with pytest.raises(LoopError, match=r"partner says it lies in loops\.route"):
        load_loop("copied_partner")


@pytest.mark.feature("AN1")
def test_a_package_that_is_not_there_is_refused() -> None:
    with pytest.raises(LoopError, match=r"loop loops\.nowhere can't be found"):
        load(("loops.nowhere",))


@pytest.mark.feature("AN1")
def test_two_loops_of_one_name_are_refused(copied: Path) -> None:
    text = (copied / "__init__.py").read_text(encoding="utf-8")
    (copied / "__init__.py").write_text(text.replace('name="partner"', 'name="route"'), encoding="utf-8")
    assert load(("loops.qualify", "copied_partner")).loops.keys() == {"qualify", "route"}
    with pytest.raises(LoopError, match=r"two loops are named route: loops\.route and copied_partner"):
        load(("loops.route", "copied_partner"))


@pytest.mark.feature("AN2", "AN7")
@pytest.mark.parametrize("loop", template().registry.loops.values(), ids=lambda loop: loop.name)
def test_a_loop_says_who_owns_it_and_who_takes_each_step(loop: Loop) -> None:
    assert loop.version.count(".") == 2
    assert loop.owner
    assert loop.chain == MAP[loop.name]
    assert loop.steps
    agents = [step.name for step in loop.steps if step.by == "agent"]
    assert len(agents) < len(loop.steps)


@pytest.mark.feature("AN8", "AN9", "IF1")
@pytest.mark.parametrize("loop", template().registry.loops.values(), ids=lambda loop: loop.name)
def test_what_a_loop_emits_has_a_kind_that_finds_its_class_again(loop: Loop) -> None:
    registry = template().registry
    for event in loop.events:
        assert registry.events[event.model_fields["kind"].default] is event
    for effect in loop.effects:
        assert registry.effects[effect.model_fields["kind"].default] is effect


@pytest.mark.feature("IF1")
def test_every_event_that_starts_a_loop_is_declared_by_another_or_comes_from_outside() -> None:
    loops = template().registry.loops.values()
    declared = {event for loop in loops for event in loop.events}
    wanted = {t.on for loop in loops for t in loop.triggers if t.schedule is None}
    assert wanted <= declared


@pytest.mark.feature("IF2")
def test_changing_one_loop_leaves_the_other_s_code_hash_alone(copied: Path) -> None:
    before = load((*BUILT_IN, "copied_partner"))
    hashes = {name: before.code(name) for name in before.loops}
    (copied / "logic.py").write_text(
        (copied / "logic.py").read_text(encoding="utf-8") + "\n", encoding="utf-8"
    )
    after = load((*BUILT_IN, "copied_partner"))
    assert {name for name in hashes if after.code(name) != hashes[name]} == {"partner"}


@pytest.mark.feature("AN2")
@pytest.mark.parametrize("loop", template().registry.loops.values(), ids=lambda loop: loop.name)
def test_a_loop_s_card_has_its_nine_headings(loop: Loop) -> None:
    package = loop.package.rpartition(".")[2]
    card = (Path(__file__).parents[2] / "loops" / package / "README.md").read_text(encoding="utf-8")
    assert [line[3] for line in card.splitlines() if line.startswith("## ")] == list("ABCDEFGHI")
