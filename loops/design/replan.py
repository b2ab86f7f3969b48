"""What changed since the plan was made: who left, who hasn't come, where nobody sells."""

from datetime import date, timedelta

from loops.design.config import Replan
from loops.design.outputs import OpenSeat
from loops.scenario import Rep, Scenario
from loops.scenario import open_hires as vacant


def left(scenario: Scenario, today: date) -> tuple[str, ...]:
    """Rep ids of people who are gone and whose seat nobody took, the latest first."""
    gone = [rep for rep in scenario.roster if rep.left_on and rep.left_on <= today and _carries(rep)]
    open_seats = [rep for rep in gone if not _taken(scenario, rep.seat, rep.id)]
    return tuple(rep.id for rep in sorted(open_seats, key=lambda rep: (rep.left_on or today, rep.id))[::-1])


def overdue(scenario: Scenario, today: date, config: Replan) -> tuple[OpenSeat, ...]:
    """Planned hires who should be here and whose seat nobody took, the longest overdue first."""
    late = today - timedelta(days=config.hire_late_days)
    open_hires = (
        hire
        for hire in vacant(scenario)
        if hire.starts_on <= late and (hire.left_on is None or hire.left_on > today)
    )
    found = (
        OpenSeat(hire=hire.id, role=hire.role, territory=hire.territory, due=hire.starts_on)
        for hire in open_hires
    )
    return tuple(sorted(found, key=lambda seat: (seat.due, seat.hire)))


def uncovered(scenario: Scenario, today: date) -> tuple[str, ...]:
    """Territories with a target of their own in which nobody of the roster sells today, in their order."""
    selling = {rep.territory for rep in scenario.roster if _is_here(rep, today)}
    return tuple(t.id for t in scenario.territories if t.targets and t.id not in selling)


def _carries(rep: Rep) -> bool:
    return rep.territory is not None or rep.segment is not None


def _is_here(rep: Rep, today: date) -> bool:
    return (rep.starts_on is None or rep.starts_on <= today) and (rep.left_on is None or rep.left_on > today)


def _taken(scenario: Scenario, seat: str | None, but: str) -> bool:
    """Whether somebody else of the roster sits in that seat."""
    return seat is not None and any(rep.seat == seat and rep.id != but for rep in scenario.roster)
