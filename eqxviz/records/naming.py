"""What things are called where they are shown or kept."""

from pathlib import Path


def script_name(script: str) -> str:
    """Return "train.py" of its path; of the `__main__.py` of a package, the name of that."""
    path = Path(script)
    return path.parent.name or path.name if path.name == "__main__.py" else path.name


def name_of_path(path: str) -> str:
    """Return what a file of what is at a path may be called: "model.layers_0" of its path."""
    return "".join(c if c.isalnum() or c in "._" else "_" for c in path.replace("]", ""))
