"""What a workspace says about its search."""

from pydantic import Field

from loops.values import Value

MINILM, NONE, OPENAI = "minilm", "none", "openai:"


class KnowledgeSettings(Value):
    """[knowledge] in revloops.toml."""

    embedder: str = Field(default=MINILM, pattern=r"^(minilm|none|openai:\S+)$")
    # what turns words into vectors: `minilm` (on this machine, nothing leaves it), `openai:<model>` at
    # OPENAI_BASE_URL, or `none`: keyword match alone
    send_personal: bool = False
    # whether texts that name a person may go to an embedder outside this machine
    timeout_seconds: float = Field(default=20, gt=0)
    # how long an outside embedder may take over one request
    least_score: float = Field(default=0.2, ge=0, le=1)
    # share; passages less like the words than this aren't found by meaning
    decisions: int = Field(default=2000, ge=0)
    # how many of the newest decisions are indexed
    snippet_characters: int = Field(default=600, ge=80, le=2000)
    # what is longer is cut there
    batch: int = Field(default=64, ge=1, le=2048)
    # passages embedded and stored at once
