"""`python -m tests.kill`: every harness that kills the product, one after the other."""

from tests.kill import send_kill

if __name__ == "__main__":
    raise SystemExit(send_kill.main())
