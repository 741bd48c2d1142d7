"""What a script is called where its run is shown."""

from pathlib import Path


def script_name(script: str) -> str:
    """Return "train.py" of its path; of the `__main__.py` of a package, the name of that."""
    path = Path(script)
    return path.parent.name or path.name if path.name == "__main__.py" else path.name
