"""How much memory a process has used at most."""

import resource
from pathlib import Path


def peak_kilobytes() -> int:
    """This process's own peak; `getrusage` on Linux also counts that of the process which started it."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = status.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def mib(pid: int) -> float:
    """What another process has used at most, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024, 1)
