"""An embedder outside: what it is given, what it is never given, and what happens when it fails."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.tools.indexed import NAME, Place, place
from tools.knowledge import endpoint
from tools.knowledge.endpoint import Endpoint
from tools.knowledge.errors import EmbedderFailed
from tools.knowledge.memory import MemoryEmbedder
from tools.knowledge.opening import embedder
from tools.knowledge.settings import KnowledgeSettings

pytest.importorskip("chromadb", reason="the extra `knowledge` isn't installed")


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint for embeddings."""

    def __init__(self) -> None:
        self.twin = MemoryEmbedder()
        self.fail_after = 1_000_000
        self.answers_bad = False
        self.hangs = threading.Event()
        self.hangs.set()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.hangs.wait(10)
        if len(self.server.twin.given) >= self.server.fail_after:
            self._send(400, {"error": {"message": "no"}})
            return
        vectors = self.server.twin.embed(asked["input"]).vectors.tolist()
        rows = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(vectors)]
        rows = rows[1:] if self.server.answers_bad else rows
        usage = {"prompt_tokens": 5, "total_tokens": 5}
        self._send(200, {"object": "list", "data": rows, "model": asked["model"], "usage": usage})

    def _send(self, status: int, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):  # whoever asked has given up
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    yield server
    server.hangs.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Place]:
    home = place(tmp_path)
    yield home
    home.store.close()


def personal(server: Server) -> int:
    """How often a text about a person was sent."""
    words = ("zauberwald", "zeppelin", "quarterstaff", "bo asked")
    return sum(word in text.casefold() for text in server.twin.given for word in words)


@pytest.mark.parametrize("allowed", [False, True])
def test_texts_about_people_leave_this_machine_only_where_that_is_allowed(
    home: Place, server: Server, allowed: bool
) -> None:
    settings = KnowledgeSettings(embedder="openai:tiny", send_personal=allowed)
    with home.knowledge(embedder(settings), send_personal=allowed) as search:
        built = search.build()
        assert built.how == "meaning"
        assert search.search(f"what did {NAME.upper()}, say?").how == (
            "meaning" if allowed else "keyword match"
        )
        assert search.search("mail jo@acme.example").how == ("meaning" if allowed else "keyword match")
        calls = search.search("territories by spring", ("call",))
        assert calls.how == ("meaning" if allowed else "keyword match")
        assert calls.passages
        assert search.search("lower price").how == "meaning"
    if allowed:
        assert personal(server) > 4 and built.vectors == built.passages
    else:
        assert personal(server) == 0 and 0 < built.vectors < built.passages
        assert "send_personal is off" in calls.why


def test_every_request_to_an_embedder_is_counted(home: Place, server: Server) -> None:
    with home.knowledge(Endpoint("tiny", 5), batch=10) as search:
        built = search.build()
        search.search("price")
        (counted,) = search.status().embeddings
    batches = -(-built.embedded // 10)
    assert counted["embedder"] == "openai-tiny"
    assert (counted["calls"], counted["texts"]) == (batches + 1, built.embedded + 1)
    assert counted["tokens"] == 5 * (batches + 1)


def test_a_build_that_the_endpoint_breaks_off_keeps_what_it_gave(home: Place, server: Server) -> None:
    server.fail_after = 20
    with home.knowledge(Endpoint("tiny", 5), batch=10) as search:
        with pytest.raises(EmbedderFailed, match="tiny gave no vectors"):
            search.build()
        assert search.status().vectors == 20
        found = search.search("undercut the price")
        assert found.how == "keyword match" and "tiny gave no vectors" in found.why and found.passages
        server.fail_after = 1_000_000
        built = search.build()
        assert built.embedded == built.vectors - 20


def test_an_endpoint_that_gives_too_few_vectors_is_refused(server: Server) -> None:
    server.answers_bad = True
    with pytest.raises(EmbedderFailed, match="1 usable vectors for 2 texts"):
        Endpoint("tiny", 5).embed(["a", "b"])


def test_an_endpoint_that_hangs_is_given_up_in_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "RETRIES", 0)
    server.hangs.clear()
    with pytest.raises(EmbedderFailed, match="Timeout"):
        Endpoint("tiny", 0.1).embed(["a"])


def test_the_settings_say_which_embedder_it_is() -> None:
    assert embedder(KnowledgeSettings(embedder="none")) is None
    assert getattr(embedder(KnowledgeSettings()), "outside", None) is False
    outside = embedder(KnowledgeSettings(embedder="openai:m"))
    assert outside and outside.outside and outside.name == "openai-m"
    with pytest.raises(ValueError, match="pattern"):
        KnowledgeSettings(embedder="chroma")
