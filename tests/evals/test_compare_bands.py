"""`eval bands`: every segment is printed with its cases, one without any too."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.evaluating import evaluate
from tests.evals.benches import UNCLOSED, swept
from tests.house import workspace

pytestmark = pytest.mark.filterwarnings(UNCLOSED)
GIANT = "{segment: giant, min_employees: 9000000, fire: 0.9, review: 0.5}"
SOME = "{segment: some, min_employees: 1, fire: 0.9, review: 0.5}"


@pytest.mark.feature("BR3")
def test_a_segment_with_too_few_cases_is_said_to_have_too_few_and_stays_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVLOOPS_MODEL", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    root = workspace(tmp_path)
    file = root / "loops" / "route.yaml"
    text = file.read_text(encoding="utf-8")
    (old,) = [line for line in text.splitlines() if line.startswith("bands:")]
    new = old.removesuffix("}") + f", segments: [{GIANT}, {SOME}]}}"
    file.write_text(text.replace(old, new), encoding="utf-8")
    more = ["--alpha", "0.001", "--workspace", str(root)]
    done = CliRunner().invoke(evaluate, ["bands", "route", *more])
    swept()
    assert done.exit_code == 0, done.output
    rows = {line.split()[0]: line for line in done.output.splitlines() if line.strip()}
    assert rows["giant"].split()[1:3] == ["0", "none"] and "too few: there is no case of it" in rows["giant"]
    assert "none" in rows["some"] and int(rows["some"].split()[1]) > 20
    assert "{segment: giant, min_employees: 9000000, fire: null, review: 0.5}" in done.output
