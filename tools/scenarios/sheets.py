"""How a scenario lies in a workbook: one sheet a section, one row a line, amounts in major units."""

import re
from dataclasses import dataclass
from typing import Literal

from loops.errors import RevloopsError

Kind = Literal["text", "list", "date", "whole", "number", "money", "value"]
"""`money`: major units in the sheet; `value`: money too, or customers where the measure says so."""
PLAN = "Plan"
SEPARATOR = "; "


class NoSheets(RevloopsError):
    """Spreadsheets need an extra that isn't installed."""

    def __init__(self) -> None:
        super().__init__('spreadsheets need an extra: pip install "revloops[plan]"')


@dataclass(frozen=True)
class Column:
    """One column, or one line of the sheet `Plan`."""

    field: str
    # of the scenario's value
    kind: Kind = "text"
    needed: bool = False
    heading: str = ""
    # what stands in its first cell; "": the field in words

    @property
    def title(self) -> str:
        """The heading as it is written."""
        return self.heading or self.field.removesuffix("_minor").replace("_", " ").capitalize()


@dataclass(frozen=True)
class Sheet:
    """One sheet: a section, or what belongs to the lines of one."""

    name: str
    section: str
    # the scenario's field
    columns: tuple[Column, ...]
    inside: str = ""
    # the field of a line that these rows are: each row names its line in the first column; "": no such field
    scalar: bool = False
    # whether such a row is one value, not a table of fields
    series: str = ""
    # the field whose items stand in columns of their own, `Month 1` and so on; "": none


def _texts(*fields: str) -> tuple[Column, ...]:
    return tuple(Column(field) for field in fields)


ID, NAME = Column("id", needed=True), Column("name", needed=True)
ROLE, SEGMENT, CURRENCY = Column("role", needed=True), Column("segment", needed=True), Column("currency")
AMOUNT = Column("amount_minor", "money", needed=True)
STARTS, LEFT, SINCE = Column("starts_on", "date"), Column("left_on", "date"), Column("since", "date")
SIZES = (Column("min_employees", "whole"), Column("max_employees", "whole"))
PLAN_LINES = (
    NAME,
    Column("year", "whole", heading="Fiscal year"),
    Column("months", "whole"),
    Column("as_of", "date", heading="Roster as of"),
    CURRENCY,
    Column("gross_margin", "number"),
    Column("seasonality", "number"),
    Column("queues", "list"),
    Column("icp.industries", "list", heading="ICP industries"),
    Column("icp.countries", "list", heading="ICP countries"),
    Column("icp.min_employees", "whole", heading="ICP min employees"),
    Column("icp.max_employees", "whole", heading="ICP max employees"),
    Column("icp.technologies", "list", heading="ICP technologies"),
    Column("icp.excluded", "list", heading="ICP excluded"),
)
"""The sheet `Plan`: what it is in the first column, what it says in the ones after."""
MANY = frozenset({"seasonality"} | {line.field for line in PLAN_LINES if line.kind == "list"})
"""The lines of `Plan` that say more than one thing, each in its own cell."""
SHEETS = (
    Sheet("People", "roster", (
        ID, NAME, Column("email", needed=True), ROLE, *_texts("manager", "territory", "segment"), STARTS,
        LEFT, Column("capacity", "whole"), *_texts("zone", "seat"), SINCE,
    )),
    Sheet("Absences", "roster", (
        Column("person", needed=True), Column("start", "date", needed=True),
        Column("end", "date", needed=True),
    ), inside="absences"),
    Sheet("Hires", "hires", (
        ID, ROLE, Column("starts_on", "date", needed=True), *_texts("territory", "segment", "manager"),
        Column("pool"), LEFT, SINCE,
    )),
    Sheet("Territories", "territories", (
        ID, NAME, Column("countries", "list"), Column("regions", "list"), Column("parent"),
    )),
    Sheet("Targets", "territories", (
        Column("territory", needed=True), Column("measure"), Column("value", "value", needed=True), CURRENCY,
        Column("year", "whole"),
    ), inside="targets"),
    Sheet("Pools", "pools", (ID, NAME, Column("members", "list"), Column("backup"))),
    Sheet("Segments", "segments", (
        ID, NAME, Column("personas", "list"), *SIZES, Column("win_rate", "number"),
    )),
    Sheet("Account lists", "account_lists", (ID, NAME, Column("segment"))),
    Sheet("Target accounts", "account_lists", (
        Column("list", needed=True), Column("account", needed=True),
    ), inside="accounts", scalar=True),
    Sheet("Productivity", "productivity", (
        ROLE, SEGMENT, Column("territory"), Column("deals_per_year", "number", needed=True),
        Column("spread", "number"),
    )),
    Sheet("Prices", "prices", (SEGMENT, Column("territory"), AMOUNT, CURRENCY)),
    Sheet("Ramps", "ramps", (ROLE,), series="shares"),
    Sheet("Attrition", "attrition", (ROLE, Column("yearly_share", "number", needed=True))),
    Sheet("Investment", "investment", (
        SEGMENT, Column("channel", needed=True), AMOUNT, CURRENCY, Column("pipeline_per_unit", "number"),
    )),
    Sheet("Quotas", "quotas", (*_texts("role", "person"), AMOUNT, CURRENCY)),
    Sheet("Compensation", "compensation", (
        ROLE, Column("base_minor", "money", needed=True), Column("variable_minor", "money"), CURRENCY,
        Column("overhead_share", "number"),
    )),
)  # fmt: skip
"""In the order of the workbook; rows inside lines come after the sheet of those lines."""


def key(heading: str) -> str:
    """The heading as it is compared: lower case, words joined by `_`, whatever stood between them."""
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")


def keys_of(column: Column) -> frozenset[str]:
    """What the column may be called."""
    field, others = column.field.replace(".", "_"), OTHER_NAMES.get(column.field, ())
    return frozenset({key(column.title), field, field.removesuffix("_minor"), *others})


OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "starts_on": ("start", "starts", "start_date", "hire_date", "from"),
    "left_on": ("left", "leaves", "leaves_on", "last_day", "end_date", "gone_from"),
    "email": ("e_mail", "mail", "email_address"),
    "name": ("full_name", "plan", "scenario"),
    "zone": ("time_zone", "timezone"),
    "amount_minor": ("price", "quota", "budget", "acv"),
    "value": ("target", "amount"),
    "base_minor": ("base_salary",),
    "variable_minor": ("variable_pay", "on_target_variable"),
    "deals_per_year": ("deals", "deals_a_year"),
    "yearly_share": ("attrition", "yearly_attrition", "share"),
    "overhead_share": ("overhead",),
    "win_rate": ("win", "win_share"),
    "pipeline_per_unit": ("pipeline_per_unit_of_money", "return"),
    "person": ("rep",),
    "list": ("account_list",),
    "year": ("fiscal_year", "fy"),
}
"""Field → further headings that mean it, as `key` has them."""
