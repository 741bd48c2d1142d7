"""Which files a Python file is made of: itself, and the modules beside it that it imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

MOST_FILES = 60
MAX_BYTES = 2_000_000


def files_behind(path: str) -> tuple[str, ...]:
    """Return `path` and the modules of its folder that it imports, directly or not.

    Nothing is run. A file that does not parse, as while it is being edited, counts without its
    imports.
    """
    top = Path(path)
    seen: dict[Path, None] = {top: None}
    waiting = [top]
    while waiting and len(seen) < MOST_FILES:
        file = waiting.pop()
        for found in _imported(file, top.parent):
            if found not in seen:
                seen[found] = None
                waiting.append(found)
    return tuple(str(file) for file in seen)[:MOST_FILES]


def _imported(file: Path, folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` that `file` imports."""
    if file.suffix not in (".py", ".pyw", ""):
        return
    try:
        if file.stat().st_size > MAX_BYTES:
            return
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files_of(folder, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            up = min(node.level, len(file.parents))
            start = file.parents[up - 1] if up else folder
            parts = node.module.split(".") if node.module else []
            for alias in node.names:
                yield from _files_of(start, [*parts, alias.name])


def _files_of(folder: Path, parts: list[str]) -> Iterator[Path]:
    """Yield the module called `parts` below `folder`, and the packages that it is in."""
    place = folder
    for part in parts:
        for file in (place / f"{part}.py", place / part / "__init__.py"):
            if file.is_file():
                yield file
        place = place / part
