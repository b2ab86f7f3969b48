"""Makes the partner's package look installed: its entry point stands where Python looks."""

import tomllib
from pathlib import Path

HERE = Path(__file__).parent


def install(folder: Path) -> tuple[str, str]:
    """The paths to put on `sys.path`: the package's, and that of what an installer writes about it."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir(parents=True)
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (about / "METADATA").write_text(head, encoding="utf-8")
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (about / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return str(HERE), str(folder)
