"""The network guard stops what it should and lets loopback through."""

import socket
import subprocess
import sys

import pytest

from tests import network_guard


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_connection_to_another_machine_is_refused_and_noted(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(RuntimeError, match="stay on this machine"):
        client.connect((host, 9))
    assert len(network_guard.refused) == 1
    network_guard.refused.clear()


def test_a_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(RuntimeError, match="stay on this machine"):
        socket.getaddrinfo("mail.example", 25)
    network_guard.refused.clear()


def test_a_child_process_is_guarded_too() -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 9), 1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "stay on this machine" in child.stderr


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("localhost", port), timeout=5):
            pass


def test_an_attempt_that_the_code_swallowed_still_fails_the_test(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from tests.conftest import *\n")
    swallowing = (
        "import contextlib, socket\n\n\ndef test_it():\n    with contextlib.suppress(Exception):\n"
        "        socket.create_connection(('192.0.2.1', 9), 1)\n"
    )
    (pytester.path / "test_it.py").write_text(swallowing, encoding="utf-8")
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    outcome.assert_outcomes(passed=1, errors=1)
