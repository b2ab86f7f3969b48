"""What starts the placing of accounts."""

from loops.deploy.account_inputs import AccountInput, PageInput, gather_doubtful, gather_one, gather_page
from loops.deploy.account_outputs import AccountDoubtful, AccountsDue, OwnerWanted
from loops.deploy.accounts import decide_account, decide_page
from loops.loop import Step, Trigger

ACCOUNT_TRIGGERS = (
    Trigger(on=AccountsDue, input=PageInput, gather=gather_page, decide=decide_page),
    Trigger(
        on=AccountDoubtful, input=AccountInput, gather=gather_doubtful, decide=decide_account, again=True
    ),
    Trigger(on=OwnerWanted, input=PageInput, gather=gather_one, decide=decide_page),
)
ACCOUNT_STEPS = (
    Step("each account's territory by the rules, its owner by who has the fewest", "code"),
    Step("where a doubtful account belongs", "agent"),
    Step("confirm or decide where a doubtful account belongs", "human"),
)
