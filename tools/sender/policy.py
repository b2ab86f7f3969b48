"""The outreach policy: limits on what was approved. It can only hold or cancel; it lets nothing leave."""

from typing import Annotated

from pydantic import Field

from loops.values import Value

Count = Annotated[int, Field(ge=1)]


class OutreachPolicy(Value):
    """How much may leave, and how fast."""

    per_mailbox_per_day: Count = 60
    # mails from one rep's address in any 24 hours
    per_company_per_day: Count = 5
    # mails to one company's domain in any 24 hours; a free-mail address counts by itself
    min_gap_hours: Annotated[int, Field(ge=0)] = 20
    # between two mails of one sequence, however late the first one left
    max_tries: Count = 6
    # how often the mail server may put a mail off before it is cancelled
    backoff_minutes: Count = 15
    # before the second try; doubled before each further one
    two_people: bool = False
    # whether each live sequence needs two different people's approval
