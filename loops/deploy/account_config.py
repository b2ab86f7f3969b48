"""How accounts find their territory: what is asked about, who may own them, and the bands of confidence."""

from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import Field

from loops.config import Bands
from loops.deploy.account_outputs import Doubt
from loops.records import AccountStatus
from loops.values import Value

if TYPE_CHECKING:
    from loops.deploy.config import Cascade


class AccountsConfig(Value):
    """How accounts are placed."""

    page: int = Field(default=500, gt=0, le=2000)
    # accounts a run looks at
    ask: tuple[Doubt, ...] = ()
    # what isn't left to the rules; that no territory covers a place is always a person's question
    leave: tuple[AccountStatus, ...] = ()
    # accounts of that status are placed nowhere
    keep: Literal["in_office", "in_territory"] = "in_office"
    # whose account it stays: any owner's who hasn't left, or only one's who sells in its territory
    owners: tuple[str, ...]
    # roles that may own an account
    tenants: int = Field(default=8, gt=0)
    # other tenants of its building that are told of at most
    bands: Bands
    reviewer: str = "role:ops"
    # role:<role> or person:<id>: who decides what the agent can't


class HasAccounts(Protocol):
    """A loop's config with a part on accounts."""

    @property
    def accounts(self) -> AccountsConfig:
        """How accounts are placed."""
        ...

    @property
    def cascade(self) -> "Cascade":
        """Who takes what comes to an open seat."""
        ...
