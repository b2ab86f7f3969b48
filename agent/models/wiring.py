"""Who asks which model, and where: `[models]` of revloops.toml with the environment laid over it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from agent.models.port import EMBEDDED
from loops.errors import ConfigError, Fault, RevloopsError
from tools.model_settings import ModelSettings

MODEL = "REVLOOPS_MODEL"
KEY, BASE_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"
OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
"""What a server on this machine is told in a key's place: the client must send one."""


@dataclass(frozen=True)
class Wiring:
    """Which model works for whom, and the endpoint that serves them all."""

    model: str
    # of every specialist that has none of its own; `embedded`: the written policies
    roles: Mapping[str, str]
    base_url: str
    key: str = field(repr=False)

    def model_for(self, role: str) -> str:
        """The specialist's model; the same whether an ask or a person's words go to it."""
        return self.roles.get(role.removesuffix("_chat"), self.model)

    @property
    def host(self) -> str:
        """Where the endpoint is, without what its address may keep secret."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    @property
    def local(self) -> bool:
        """Whether the endpoint is this very machine."""
        return _is_local(urlsplit(self.base_url).hostname or "")

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own endpoint."""
        return (urlsplit(self.base_url).hostname or "").endswith(".openai.com")


class NotWired(RevloopsError):
    """A model is named but can't be asked."""

    def __init__(self, why: str, wiring: Wiring) -> None:
        super().__init__(why)
        self.wiring = wiring


def wired(settings: ModelSettings, environment: Mapping[str, str], known: Collection[str] = ()) -> Wiring:
    """The wiring of a workspace.

    Args:
        settings: its `[models]`.
        environment: the process's; it goes before the settings.
        known: every specialist's name; empty: names aren't checked.

    Raises:
        NotWired: a model is named but can't be asked; the text says what to set.
        ConfigError: a specialist is named that doesn't exist.
    """
    own = {
        name.removeprefix(f"{MODEL}_").lower(): model
        for name, model in environment.items()
        if name.startswith(f"{MODEL}_") and model
    }
    roles = {**settings.roles, **own}
    strange = sorted(set(roles) - set(known)) if known else []
    if strange:
        text = f"{', '.join(strange)} is no specialist; there are {', '.join(known)}"
        raise ConfigError(Fault(f"[models.roles] or {MODEL}_…", 0, ", ".join(strange), text))
    wiring = Wiring(
        environment.get(MODEL) or settings.model,
        roles,
        (environment.get(BASE_URL) or OPENAI).rstrip("/"),
        environment.get(KEY, "").strip(),
    )
    try:
        _check(wiring)
    except RevloopsError as error:
        raise NotWired(str(error), wiring) from None
    return wiring


def _check(wiring: Wiring) -> None:
    asked = sorted({wiring.model, *wiring.roles.values()} - {EMBEDDED})
    if not asked:
        return
    if urlsplit(wiring.base_url).scheme not in {"http", "https"} or not urlsplit(wiring.base_url).hostname:
        raise RevloopsError(f"{BASE_URL} is no address: write one such as http://127.0.0.1:11434/v1")
    if not _is_key(wiring.key):
        raise RevloopsError(
            f"{KEY} has a blank, a line break or a letter with an accent in it, as no key has: copy it again"
        )
    if not wiring.key and not wiring.local:
        raise RevloopsError(
            f"the model {asked[0]} is named but there is no {KEY}: set it, or set {BASE_URL} to a model "
            f"server on this machine, or take {MODEL} away to work with the embedded policies"
        )


def _is_key(text: str) -> bool:
    """Whether a header can hold it."""
    return text.isascii() and text.isprintable() and " " not in text


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
