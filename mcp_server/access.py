"""Who calls: a token says which person, the roster says their role, the role says what they may reach."""

import os
import secrets
from collections.abc import Collection
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from loops.errors import RevloopsError
from loops.scenario import Rep
from tools.scopes import SELLERS, Principal
from tools.workspace import Workspace

TOKEN = "REVLOOPS_MCP_TOKEN"
"""The environment's name for the bearer token of a server on stdio."""
ISSUER = "revloops-local"
ISSUER_KEY, CALLS_KEY = "mcp-issuer.key", "mcp-calls.key"
NOBODY = "nobody"
"""Whoever shows no token."""
READ = frozenset({"records", "reviews", "plan", "loops"})
WRITE = frozenset({"leads:write", "drafts:write", "loops:write", "config:propose"})
OF_SELLERS = frozenset({"records", "reviews", "drafts:write"})
OF_MANAGERS = READ | {"leads:write", "drafts:write"}
_ALGORITHM = "HS256"
_FOR = "revloops:"
_GET = "get one with `revloops mcp --issue PERSON`"
_KEY_BYTES = 32
_LISTED = 12
"""People that are named where none or too many were meant."""


@dataclass(frozen=True)
class Caller:
    """On whose behalf tools are called, and how far they reach."""

    principal: Principal
    book: str | None = None
    # the rep whose leads alone are there; None: everybody's
    name: str = ""
    note: str = ""
    # what to say of it; "" for nothing
    refused: str = ""
    # why nothing is answered; "" where it is

    def may(self, scope: str) -> bool:
        """Whether a tool of that scope may be called."""
        return scope in self.principal.scopes


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""Whom the request at hand is for; None where one caller has the whole process."""


def reader(note: str) -> Caller:
    """Nobody in particular: reads, writes nothing."""
    return Caller(Principal(NOBODY, "reader", READ), note=note)


def scopes_of(role: str) -> frozenset[str]:
    """Everything that somebody of a role may ever reach."""
    if role in SELLERS:
        return OF_SELLERS
    return {"manager": OF_MANAGERS, "vp": READ | WRITE, "ops": READ | WRITE}.get(role, frozenset())


def issue(workspace: Workspace, person: str, scopes: Collection[str], now: datetime, days: int) -> str:
    """A token that a client shows as that person, signed with this machine's own key.

    Args:
        workspace: where it is valid.
        person: somebody in the roster, by id, name or e-mail address.
        scopes: at most these; empty: all that their role may.
        now: from when it is valid, by the machine's clock.
        days: for how long.

    Raises:
        RevloopsError: there is no such person, or their role may not have a scope.
    """
    import jwt

    who = named(workspace, person, now)
    role = who.role
    beyond = sorted(set(scopes) - scopes_of(role))
    if beyond:
        there = ", ".join(sorted(scopes_of(role))) or "none"
        raise RevloopsError(f"the role {role} can't have {', '.join(beyond)}; it can have {there}")
    claims = {
        "iss": ISSUER,
        "aud": _audience(workspace),
        "sub": who.id,
        "scope": " ".join(sorted(scopes or scopes_of(role))),
        "iat": now,
        "exp": now + timedelta(days=days),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, _key(workspace), algorithm=_ALGORITHM)


def caller(workspace: Workspace, token: str | None, now: datetime, *, read_only: bool = False) -> Caller:
    """Who a token stands for at this moment; without one somebody who reads.

    Args:
        workspace: the workspace.
        token: as it was issued; None or "": there is none.
        now: by the workspace's clock: whether the person has left.
        read_only: take every scope away that writes.

    Raises:
        RevloopsError: it isn't valid here, has run out, or its person is gone.
    """
    if not token:
        return reader(f"no token in {TOKEN}: reads everybody's book, writes nothing")
    try:
        claims = local_claims(workspace, token)
    except NotValid as error:
        raise RevloopsError(f"the token in {TOKEN} {error}") from None
    person = person_of(workspace, str(claims.get("sub", "")), now)
    return standing_for(person, str(claims.get("scope", "")).split(), read_only=read_only)


def alone(workspace: Workspace, token: str | None, now: datetime, *, read_only: bool = False) -> Caller:
    """The same of a process's only caller; of a token that isn't valid somebody to whom only that is said."""
    try:
        return caller(workspace, token, now, read_only=read_only)
    except RevloopsError as error:
        said = str(error)
        return Caller(Principal(NOBODY, "reader", frozenset()), note=said, refused=said)


def standing_for(person: Rep, scopes: Collection[str], *, read_only: bool = False) -> Caller:
    """The caller on behalf of that person: never beyond what their role may.

    Args:
        person: of the roster.
        scopes: what the token carries.
        read_only: take every scope away that writes.
    """
    allowed = frozenset(scopes) & scopes_of(person.role)
    kept = allowed & READ if read_only else allowed
    book = person.id if person.role in SELLERS else None
    note = "read-only" if read_only else ""
    return Caller(Principal(person.id, person.role, kept), book, person.name, note)


def person_of(workspace: Workspace, id: str, now: datetime) -> Rep:
    """The person of the roster.

    Raises:
        RevloopsError: there is none, or they have left.
    """
    found = next((rep for rep in workspace.scenario.roster if rep.id == id), None)
    if found is None:
        raise RevloopsError(f"there is nobody {id[:80]!r} in the roster")
    if found.left_on and found.left_on <= now.date():
        raise RevloopsError(f"{found.name} ({id}) left on {found.left_on}")
    return found


def named(workspace: Workspace, words: str, now: datetime) -> Rep:
    """The one person of the roster that words mean: an id, a name or part of it, an e-mail address.

    Raises:
        RevloopsError: none is meant, or more than one; the text lists who can be.
    """
    said, roster = words.strip().casefold(), workspace.scenario.roster
    exact = [rep for rep in roster if said in (rep.id.casefold(), rep.name.casefold(), rep.email.casefold())]
    found = exact or [rep for rep in roster if said in rep.name.casefold().split()]
    if len(found) == 1:
        return person_of(workspace, found[0].id, now)
    here = [rep for rep in found or roster if rep.left_on is None or rep.left_on > now.date()]
    listed = ", ".join(f"{rep.id} ({rep.name})" for rep in here[:_LISTED])
    more = f" and {len(here) - _LISTED} more in the scenario's file" if len(here) > _LISTED else ""
    why = "means more than one person" if found else "names nobody in the roster"
    raise RevloopsError(f"{words[:80]!r} {why}: give one of {listed}{more}")


class NotValid(RevloopsError):
    """A token that isn't accepted here; the text goes on after a word for the token."""


def local_claims(workspace: Workspace, token: str) -> dict[str, object]:
    """What a token of this machine's own issuer says.

    Raises:
        NotValid: it isn't one, is for another workspace, or has run out.
    """
    import jwt

    try:
        return jwt.decode(
            token,
            _key(workspace),
            algorithms=[_ALGORITHM],
            audience=_audience(workspace),
            issuer=ISSUER,
            options={"require": ["exp", "sub", "aud", "iss"]},
        )
    except jwt.InvalidAudienceError:
        # its signature held, so that the key was copied along
        there = str(jwt.decode(token, options={"verify_signature": False}).get("aud", ""))
        said = f"is for the workspace {there.removeprefix(_FOR)}, and this is {workspace.root.resolve()}"
        raise NotValid(f"{said}: {_GET}") from None
    except jwt.PyJWTError as error:
        raise NotValid(f"isn't valid here ({error}): {_GET}") from None


def _audience(workspace: Workspace) -> str:
    return f"{_FOR}{workspace.root.resolve()}"


def secret(workspace: Workspace, name: str) -> bytes:
    """A key of this workspace's own; made when it is first needed, by whoever comes first.

    Args:
        workspace: in whose data folder it lies.
        name: of its file.
    """
    path: Path = workspace.data / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        made = path.with_name(f"{name}.{secrets.token_hex(8)}")
        made.touch(mode=0o600)
        made.write_bytes(secrets.token_bytes(_KEY_BYTES))
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_bytes()


def _key(workspace: Workspace) -> bytes:
    """The issuer's key. It signs who calls, and can sign no approval."""
    return secret(workspace, ISSUER_KEY)
