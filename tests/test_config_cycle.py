"""The whole cycle of a change, as processes: the machine's part fits a minute."""

from pathlib import Path

import pytest

from tests.config_cycle import measure

LEADS, SECONDS = 40, 60


@pytest.mark.feature("RO10", "FB2", "FB3", "BR5")
def test_a_change_goes_from_the_edit_to_the_first_lead_under_it_within_a_minute(tmp_path: Path) -> None:
    told = measure(tmp_path / "workspace", LEADS)
    assert told["machine_seconds"] <= SECONDS
    assert told["edit"]["by"] == "person" and told["proposal"]["by"] == "proposal"
    assert "rules.emea enterprise.when.employees.at_least" in told["edit"]["keys"]
