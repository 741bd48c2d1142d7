"""The bundled examples, described by their own docstrings."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "examples"


@dataclass(frozen=True)
class Example:
    """A script to start from."""

    name: str  # "polynomial"
    path: Path
    title: str  # the first line of its docstring
    text: str  # the first sentence of what follows


@cache
def examples() -> tuple[Example, ...]:
    """Return the bundled examples, the shortest first: the easiest to read."""
    paths = sorted(FOLDER.glob("[!_]*.py"), key=lambda path: path.stat().st_size)
    return tuple(_describe(path) for path in paths)


def example(name: str) -> Example:
    """Return the example called `name`.

    Raises:
        KeyError: If there is none.
    """
    for found in examples():
        if found.name == name:
            return found
    raise KeyError(f"no example is called {name!r}; there are {[e.name for e in examples()]}")


def is_bundled(path: str) -> bool:
    """Return whether `path` is one of the examples."""
    return any(Path(path).resolve() == found.path for found in examples())


def _describe(path: Path) -> Example:
    # Each begins with its docstring, and has none but plain letters in it: to parse the whole file
    # would take longer than all else that the start page does.
    docstring = path.read_text(encoding="utf-8").split('"""', 2)[1]
    title, _, rest = docstring.partition("\n\n")
    sentence, dot, _ = " ".join(rest.partition("\n\n")[0].split()).partition(". ")
    return Example(path.stem, path, title.strip().rstrip("."), sentence + ("." if dot else ""))
