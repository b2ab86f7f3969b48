"""The house's rules hold on the real tree, and each rule finds a planted violation."""

from collections.abc import Callable, Iterator
from statistics import median

import pytest

from tests.architecture import content, imports
from tests.architecture.source import Source, planted, project

SOURCES = project()
PYTHON = tuple(source for source in SOURCES if source.is_python and source.package)
LOOPS = frozenset(
    source.path.parts[1]
    for source in PYTHON
    if source.path.match("loops/*/logic.py") or source.path.match("loops/*/logic/__init__.py")
)
Rule = Callable[[Source], Iterator[str]]


def lines(count: int) -> str:
    return "x = 1\n" * count


PLANTED: tuple[tuple[str, str, str], ...] = (
    ("layers", "tools/store.py", "from agent import runtime\n"),
    ("layers", "agent/runtime.py", "def f() -> None:\n    import cli.main\n"),
    ("layers", "loops/rules.py", "from ..tools import store\n"),
    ("pure_loops", "loops/rules.py", "import random\n"),
    ("pure_loops", "loops/route/logic.py", "import sqlalchemy\n"),
    ("pure_loops", "loops/rules.py", "import importlib\n"),
    ("pure_loops", "loops/rules.py", "from numpy import random\n"),
    ("pure_loops", "loops/rules.py", "import numpy as np\n\nx = np.random.normal()\n"),
    ("pure_loops", "loops/rules.py", "from datetime import UTC, datetime\n\nx = datetime.now(UTC)\n"),
    ("pure_loops", "loops/rules.py", "print(1)\n"),
    ("pure_loops", "loops/rules.py", "x = open('a')\n"),
    ("framework_knows_no_loop", "loops/runner.py", "from loops.route.logic import decide\n"),
    ("framework_knows_no_loop", "loops/runner.py", "from loops import route\n"),
    ("loop_reads_outputs_only", "loops/route/logic.py", "from loops.qualify.outputs import LeadQualified\n"),
    ("loop_reads_outputs_only", "loops/route/inputs.py", "from loops.qualify.logic import decide\n"),
    ("loop_reads_outputs_only", "loops/route/inputs.py", "from ..qualify import logic\n"),
    ("signing_behind_doors", "agent/toolbelt.py", "from tools.approvals import signing\n"),
    ("signing_behind_doors", "tools/approvals/__init__.py", "from .signing import sign\n"),
    ("sending_in_sender", "agent/toolbelt.py", "from tools.connectors.smtp import Smtp\n"),
    ("sending_in_sender", "cli/send.py", "from tools.connectors import mailbox\n"),
    ("sending_in_sender", "tools/outbox.py", "import smtplib\n"),
    ("short_modules", "tools/store.py", lines(401)),
    ("short_functions", "tools/store.py", "def f() -> None:\n" + "    x = 1\n" * 60),
    ("short_lines", "tools/store.py", "x = '" + "a" * 110 + "'\n"),
    ("no_prompts", "agent/writer.py", "PROMPT = '" + "You write. " * 60 + "'\n"),
    ("no_prompts", "agent/writer.py", "x = 1\nPROMPT = f'" + "You write. " * 60 + "{x}'\n"),
    ("no_prompts", "agent/writer.py", "SYSTEM = 'You are a writer.'\n"),
    ("no_thresholds", "loops/qualify/logic.py", "def f(x: int) -> bool:\n    return x >= 80\n"),
    ("no_thresholds", "loops/qualify/logic/bands.py", "LOW = 0.4\n"),
    ("no_thresholds", "loops/qualify/logic.py", "def f(x: int = 7) -> int:\n    return x\n"),
    ("telling_names", "tools/utils.py", "x = 1\n"),
    ("telling_names", "tools/common/dates.py", "x = 1\n"),
    ("telling_names", "tools/date_helpers.py", "x = 1\n"),
    ("no_open_points", "tools/store.py", "# TO" + "DO: later\n"),
    ("no_machine", "docs/a.md", "see `/ho" + "me/ann/x`\n"),
    ("no_machine", "docs/a.md", "as iss" + "ue 12 asks\n"),
    ("no_machine", "requirements/run.lock", "--index-" + "url https://packages.example\n"),
)
CLEAN: tuple[tuple[str, str, str], ...] = (
    ("layers", "agent/runtime.py", "from tools import store\nfrom loops.route import LOOP\n"),
    ("pure_loops", "loops/registry.py", "import importlib\n"),
    ("pure_loops", "loops/rules.py", "import numpy as np\nfrom datetime import UTC, datetime\n"),
    ("pure_loops", "tools/clock.py", "from datetime import UTC, datetime\n\nx = datetime.now(UTC)\n"),
    ("framework_knows_no_loop", "loops/runner.py", "from loops.decision import Ask\n"),
    ("loop_reads_outputs_only", "loops/route/inputs.py", "from loops.qualify.outputs import LeadQualified\n"),
    ("loop_reads_outputs_only", "loops/route/logic.py", "from loops.route.config import Config\n"),
    ("signing_behind_doors", "cli/review.py", "from tools.approvals import signing\n"),
    ("signing_behind_doors", "tools/sender.py", "from tools.approvals.verifying import verify\n"),
    ("sending_in_sender", "tools/sender.py", "from tools.connectors.smtp import Smtp\n"),
    ("sending_in_sender", "tools/connectors/smtp.py", "import smtplib\n"),
    ("no_prompts", "agent/writer.py", '"""' + "A long account. " * 60 + '"""\n'),
    ("no_thresholds", "loops/qualify/logic.py", "def f(x: list[int]) -> bool:\n    return x[3] > 0\n"),
    ("no_thresholds", "loops/qualify/logic.py", "x: tuple[Literal[3], bool] = (-1, True)\n"),
    ("no_prompts", "tools/sandbox/people.py", "NAMES = '" + "Ann Bob Carl " * 60 + "'.split()\n"),
    ("no_thresholds", "loops/qualify/config.py", "LOW = 0.4\n"),
    ("no_machine", "docs/a.md", "https://docs.example/home/x, `a/tmp/b`, `#1a2b3c`\n"),
)


def run_rule(name: str, source: Source) -> list[str]:
    if name in {rule.__name__ for rule in imports.LOOP_RULES}:
        return list(getattr(imports, name)(source, frozenset({"qualify", "route"})))
    rule: Rule = getattr(imports, name, None) or getattr(content, name)
    return list(rule(source))


@pytest.mark.parametrize("rule", [*imports.IMPORT_RULES, *content.CODE_RULES], ids=lambda rule: rule.__name__)
def test_a_rule_holds_on_every_python_file(rule: Rule) -> None:
    assert not [fault for source in PYTHON for fault in rule(source)]


@pytest.mark.parametrize("rule", imports.LOOP_RULES, ids=lambda rule: rule.__name__)
def test_loops_meet_only_at_their_outputs(rule: Callable[[Source, frozenset[str]], Iterator[str]]) -> None:
    assert not [fault for source in PYTHON for fault in rule(source, LOOPS)]


@pytest.mark.parametrize("rule", content.TEXT_RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds_on_every_text_file(rule: Rule) -> None:
    assert not [fault for source in SOURCES for fault in rule(source)]


def test_half_of_all_functions_have_at_most_twelve_lines() -> None:
    lengths = [count for source in PYTHON for _, _, count in content.functions(source)]
    assert median(lengths) <= content.MEDIAN_FUNCTION_LINES


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_violation_is_found(rule: str, path: str, text: str) -> None:
    assert run_rule(rule, planted(path, text))


@pytest.mark.parametrize(("rule", "path", "text"), CLEAN)
def test_what_is_allowed_passes(rule: str, path: str, text: str) -> None:
    assert not run_rule(rule, planted(path, text))


def test_every_rule_has_a_planted_violation() -> None:
    rules = (*imports.IMPORT_RULES, *imports.LOOP_RULES, *content.CODE_RULES, *content.TEXT_RULES)
    assert {rule.__name__ for rule in rules} == {name for name, _, _ in PLANTED}


def test_the_rules_see_the_whole_tree() -> None:
    assert {"loops", "tools", "agent", "cli", "tests"} <= {source.package for source in PYTHON}
    assert {"qualify", "route", "engage"} <= LOOPS
    assert {"pyproject.toml", "Makefile", ".ci/run"} <= {str(source.path) for source in SOURCES}


def test_every_exempt_number_is_still_there() -> None:
    logic = {str(source.path): source.text for source in PYTHON}
    stale = [key for key in content.ALLOWED_NUMBERS if f"{key[1]}" not in logic.get(key[0], "")]
    assert not stale and all(content.ALLOWED_NUMBERS.values())


@pytest.mark.feature("AN4")
def test_no_loop_s_logic_holds_a_threshold() -> None:
    logic = [source for source in PYTHON if source.path.match("loops/*/logic.py")]
    assert {source.path.parts[1] for source in logic} == LOOPS
    assert not [fault for source in logic for fault in content.no_thresholds(source)]
    number = planted(str(logic[0].path), logic[0].text + "\nLOW = 0.4\n")
    assert list(content.no_thresholds(number))
