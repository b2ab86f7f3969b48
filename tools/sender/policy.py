"""The outreach policy: limits on what was approved. It can only hold or cancel; it lets nothing leave."""

from typing import Annotated, Self

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

    def within(self, bounds: Self) -> Self:
        """This policy, no looser anywhere than `bounds`."""
        return self.model_copy(
            update={
                "per_mailbox_per_day": min(self.per_mailbox_per_day, bounds.per_mailbox_per_day),
                "per_company_per_day": min(self.per_company_per_day, bounds.per_company_per_day),
                "min_gap_hours": max(self.min_gap_hours, bounds.min_gap_hours),
                "max_tries": min(self.max_tries, bounds.max_tries),
                "backoff_minutes": max(self.backoff_minutes, bounds.backoff_minutes),
                "two_people": self.two_people or bounds.two_people,
            }
        )
