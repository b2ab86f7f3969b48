"""A person's quota and compensation document for a fiscal year, written from its terms."""

from collections.abc import Iterator, Mapping

from loops.money import written

SHOWN = 12
"""Digits of the scenario's hash that the document names."""


def document(terms: Mapping[str, str], scenario: str, hash: str) -> str:
    """The document as Markdown; the same terms and scenario give the same text.

    Args:
        terms: what a comp_plan says: person, role, territory, year, days, amounts in minor units.
        scenario: the plan it is issued by.
        hash: content hash of that plan.
    """
    return "\n".join(_lines(terms, scenario, hash)) + "\n"


def _lines(terms: Mapping[str, str], scenario: str, hash: str) -> Iterator[str]:
    base, variable = int(terms["base_minor"]), int(terms["variable_minor"])
    whole_year = terms["year"]
    yield f"# Quota and compensation {whole_year}: {terms['person']}"
    yield ""
    yield f"- Role: {terms['role'].replace('_', ' ')}"
    if terms["territory"]:
        yield f"- Territory: {terms['territory']}"
    yield f"- In effect from {terms['effective_on']} until {terms['until']}"
    yield ""
    yield from _quota(terms)
    yield "## Compensation at target, a year"
    yield ""
    yield f"- Base: {written(base, terms['currency'])}"
    yield f"- Variable: {written(variable, terms['currency'])}"
    yield f"- Together: {written(base + variable, terms['currency'])}"
    yield ""
    yield f"Issued by scenario {scenario}, {hash[:SHOWN]}."


def _quota(terms: Mapping[str, str]) -> Iterator[str]:
    quarters = {name: int(value) for name, value in terms.items() if name.startswith("Q")}
    yield "## Quota, new ACV"
    yield ""
    if not quarters:
        yield "No quota."
        yield ""
        return
    currency = terms["quota_currency"]
    yield "| Quarter | Quota |"
    yield "| --- | ---: |"
    for name, amount in quarters.items():
        yield f"| {name} | {written(amount, currency)} |"
    yield f"| {terms['year']} | {written(sum(quarters.values()), currency)} |"
    yield ""
