"""First-match rules over attributes: three-valued, every non-match recorded, linted before they run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self, cast

from pydantic import model_validator

from loops.values import Value

Attribute = str | int | None
Truth = Literal["yes", "no", "unknown"]


class Condition(Value):
    """What an attribute must be; every given part has to hold."""

    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    at_least: int | None = None
    below: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: object) -> object:
        if isinstance(data, str | int):
            return {"any_of": (str(data),)}
        if isinstance(data, list | tuple):
            items = cast("Sequence[object]", data)
            return {"any_of": tuple(str(item) for item in items)}
        return data

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.any_of or self.none_of) and self.at_least is None and self.below is None:
            raise ValueError("a condition needs a value, a list, at_least, below or none_of")
        return self

    def holds(self, value: Attribute) -> Truth:
        """Whether the value fits; `unknown` where there is no value."""
        if value is None:
            return "unknown"
        fits = (not self.any_of or str(value) in self.any_of) and str(value) not in self.none_of
        if self.at_least is not None or self.below is not None:
            number = int(value)  # the linter lets bounds stand on numbers alone
            fits = fits and (self.at_least is None or number >= self.at_least)
            fits = fits and (self.below is None or number < self.below)
        return "yes" if fits else "no"

    def words(self) -> str:
        """The condition in words."""
        parts = [" or ".join(self.any_of)] if self.any_of else []
        parts += [f"not {' or '.join(self.none_of)}"] if self.none_of else []
        parts += [f"at least {self.at_least}"] if self.at_least is not None else []
        parts += [f"below {self.below}"] if self.below is not None else []
        return " and ".join(parts)

    def implies(self, other: "Condition") -> bool:
        """Whether every value that fits this one fits the other."""
        if other.any_of and not (self.any_of and set(self.any_of) <= set(other.any_of)):
            return False
        excluded = set(self.none_of) if not self.any_of else None
        if other.none_of and not (
            set(other.none_of) <= excluded
            if excluded is not None
            else not set(self.any_of) & set(other.none_of)
        ):
            return False
        low = other.at_least is None or (self.at_least is not None and self.at_least >= other.at_least)
        high = other.below is None or (self.below is not None and self.below <= other.below)
        return low and high


class Rule(Value):
    """One rule: when all its conditions hold, the record goes to its owner."""

    name: str
    when: dict[str, Condition] = {}
    # attribute → condition; empty: everything fits (a catch-all)
    owner: str
    # rep:<id> | pool:<id> | queue:<id>


class Miss(Value):
    """Why a rule didn't match."""

    rule: str
    attribute: str
    wanted: str
    had: str

    def words(self) -> str:
        """The miss as one clause."""
        return f"{self.rule}: {self.attribute} is {self.had}, wanted {self.wanted}"


@dataclass(frozen=True)
class Match:
    """The first rule that matched and every one before it that didn't."""

    rule: Rule | None
    misses: tuple[Miss, ...]
    # in the order of the rules, one each
    unsettled: tuple[str, ...]
    # attributes whose being unknown alone kept an earlier rule from matching


def first_match(rules: tuple[Rule, ...], attributes: Mapping[str, Attribute]) -> Match:
    """Try the rules in order; one with an unknown attribute doesn't match, and is remembered as unsettled."""
    misses: list[Miss] = []
    unsettled: list[str] = []
    for rule in rules:
        truths = {name: condition.holds(attributes.get(name)) for name, condition in rule.when.items()}
        bad = next((n for n, truth in truths.items() if truth == "no"), None)
        open_ones = [n for n, truth in truths.items() if truth == "unknown"]
        if bad is None and not open_ones:
            return Match(rule, tuple(misses), tuple(dict.fromkeys(unsettled)))
        if bad is None:
            unsettled += open_ones
        name = bad or open_ones[0]
        had = attributes.get(name)
        misses.append(
            Miss(
                rule=rule.name,
                attribute=name,
                wanted=rule.when[name].words(),
                had="unknown" if had is None else str(had),
            )
        )
    return Match(None, tuple(misses), tuple(dict.fromkeys(unsettled)))


Path = tuple[str | int, ...]


def lint(
    rules: tuple[Rule, ...],
    values: Mapping[str, frozenset[str] | None],
    owners: frozenset[str],
    numbers: frozenset[str] = frozenset(),
) -> tuple[tuple[Path, str], ...]:
    """What can't be meant in a rule set, each with the key path it stands under.

    Args:
        rules: in the order they are tried.
        values: attribute → the values it can have, or None where anything goes.
        owners: every owner there is, as `rep:<id>`, `pool:<id>`, `queue:<id>`.
        numbers: the attributes that are numbers, so that `at_least` and `below` make sense.
    """
    found: list[tuple[Path, str]] = []
    for at, rule in enumerate(rules):
        here: Path = ("rules", at)
        found += [((*here, "when", name), text) for name, text in _bad_conditions(rule, values, numbers)]
        if rule.owner not in owners:
            found.append(((*here, "owner"), f"there is no {rule.owner.replace(':', ' ', 1)} in the scenario"))
        if any(earlier.name == rule.name for earlier in rules[:at]):
            found.append(((*here, "name"), f"there is another rule named {rule.name}"))
        for earlier in rules[:at]:
            if not earlier.when:
                found.append(
                    (here, f"rule {rule.name} can't be reached: {earlier.name} before it takes everything")
                )
                break
            if all(name in rule.when and rule.when[name].implies(c) for name, c in earlier.when.items()):
                found.append(
                    (here, f"rule {rule.name} never matches: {earlier.name} before it takes all it would")
                )
                break
    return tuple(found)


def _bad_conditions(
    rule: Rule, values: Mapping[str, frozenset[str] | None], numbers: frozenset[str]
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, condition in rule.when.items():
        if name not in values:
            found.append((name, f"no lead has an attribute {name}; there are {', '.join(sorted(values))}"))
            continue
        known, low, high = values[name], condition.at_least, condition.below
        if name not in numbers and (low is not None or high is not None):
            found.append((name, f"{name} is a word, not a number: at_least and below don't fit it"))
        if low is not None and high is not None and low >= high:
            found.append((name, f"{name} is never at least {low} and below {high}"))
        for value in (*condition.any_of, *condition.none_of):
            if known is not None and value not in known:
                found.append((name, f"{name} is never {value}; it is one of {', '.join(sorted(known))}"))
    return found
