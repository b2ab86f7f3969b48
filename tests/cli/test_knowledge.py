"""`revloops knowledge`: build, search, status."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.tools.indexed import Place, place


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Place]:
    home = place(tmp_path)
    # every command reads the whole workspace: the keyword match needs no model
    marker = home.root / "revloops.toml"
    text = marker.read_text(encoding="utf-8")
    text = text if "[knowledge]" in text else f"{text}\n[knowledge]\n"
    marker.write_text(text.replace("[knowledge]", '[knowledge]\nembedder = "none"', 1), encoding="utf-8")
    yield home
    home.store.close()


def said(home: Place, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(cli, ["knowledge", *words, "--json", "-w", str(home.root)])
    return json.loads(done.stdout.splitlines()[-1])


def test_build_then_search_then_status(home: Place) -> None:
    assert "nothing is indexed yet" in said(home, "search", "price")["why"]
    built = said(home, "build")
    assert built["passages"] == built["added"] > 50 and built["how"] == "keyword match"
    found = said(home, "search", "undercut", "the", "price", "--kind", "battlecard", "--limit", "2")
    assert found["how"] == "keyword match" and '"none"' in found["why"]
    assert found["passages"][0]["source"].startswith("battlecards/switchgrove.md:")
    assert len(found["passages"]) <= 2
    status = said(home, "status")
    assert sum(status["passages"].values()) == built["passages"] and status["vectors"] == 0


def test_a_person_reads_a_table_and_how_it_was_found(home: Place) -> None:
    said(home, "build")
    done = CliRunner().invoke(cli, ["knowledge", "search", "undercut", "-w", str(home.root)])
    assert "battlecards/switchgrove.md:" in done.output and "Found by keyword match" in done.output
    done = CliRunner().invoke(cli, ["knowledge", "status", "-w", str(home.root)])
    assert "battlecard" in done.output and "Searched by keyword match" in done.output


def test_an_unknown_kind_names_the_kinds_there_are(home: Place) -> None:
    assert (
        "there is no kind gossip: use one of playbook, play"
        in said(home, "search", "x", "--kind", "gossip")["error"]
    )


def test_with_the_extra_the_words_needn_t_be_those_of_the_text(home: Place) -> None:
    pytest.importorskip("chromadb", reason="the extra `knowledge` isn't installed")
    marker = home.root / "revloops.toml"
    marker.write_text(marker.read_text(encoding="utf-8").replace('"none"', '"minilm"'), encoding="utf-8")
    assert said(home, "build")["how"] == "meaning"
    found = said(home, "search", "they claim to cost less than us")
    assert found["how"] == "meaning"
    assert found["passages"][0]["source"] == "battlecards/funnelwright.md:9"


def test_help_loads_neither_chroma_nor_a_model() -> None:
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom cli.main import cli\n"
        "assert 'knowledge' in CliRunner().invoke(cli, ['--help']).output\n"
        "assert CliRunner().invoke(cli, ['knowledge', '--help']).exit_code == 0\n"
        "print([m for m in ('chromadb', 'onnxruntime', 'openai', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert done.stdout.strip() == "[]"
