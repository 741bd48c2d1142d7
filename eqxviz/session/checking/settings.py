"""What a user's `pyproject.toml` says of checks, in its table `[tool.eqxviz]`."""

import fnmatch
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from eqxviz.records import Problem
from eqxviz.session.checking.rules import code_of, rules

_FILE = "pyproject.toml"
_KEYS = ("ignore", "select", "per-file-ignores")


class SettingsError(ValueError):
    """Raised for settings that cannot be followed; says the file and the line."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}" if line else f"{file}: {what}")
        self.file, self.line, self.what = file, line, what


@dataclass(frozen=True)
class Settings:
    """Which rules count, and where."""

    ignore: frozenset[str] = frozenset()
    select: frozenset[str] | None = None  # None: all
    folder: str = ""  # of the file that says so
    # By pattern.
    per_file: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def has(self, problem: Problem) -> bool:
        """Whether a problem is to be told; one that is no rule's always is."""
        code = problem.code
        if code not in rules():
            return True
        if code in self.ignore or (self.select is not None and code not in self.select):
            return False
        path = os.path.relpath(problem.file, self.folder) if self.folder and problem.file else ""
        return not any(
            code in codes and (fnmatch.fnmatch(path, pattern) or Path(path).match(pattern))
            for pattern, codes in self.per_file.items()
        )


def settings_for(target: str) -> Settings:
    """Return what the nearest `pyproject.toml` above `target`, a file or a folder, says.

    Raises:
        SettingsError: If it does not parse, or says something that is not known.
    """
    for folder in (Path(target), *Path(target).parents):
        file = folder / _FILE
        if file.is_file():
            return _read(file)
    return Settings()


def _read(file: Path) -> Settings:
    try:
        text = file.read_text(encoding="utf-8")
        tool: dict[str, Any] = tomllib.loads(text).get("tool", {})
    except (OSError, ValueError) as error:
        raise SettingsError(str(file), 0, f"it cannot be read: {error}") from error
    reading = _Reading(str(file), text)
    table = reading.table("eqxviz", tool.get("eqxviz", {}))
    for key in table:
        if key not in _KEYS:
            raise reading.error(key, f"there is no key {key!r}; there are {', '.join(_KEYS)}")
    per_file = reading.table("per-file-ignores", table.get("per-file-ignores", {}))
    return Settings(
        reading.codes("ignore", table.get("ignore", [])),
        reading.codes("select", table["select"]) if "select" in table else None,
        str(file.parent),
        {pattern: reading.codes(pattern, codes) for pattern, codes in per_file.items()},
    )


@dataclass(frozen=True)
class _Reading:
    file: str
    text: str

    def table(self, key: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error(key, f"{key} is to be a table")
        return cast(dict[str, Any], value)

    def codes(self, key: str, value: Any) -> frozenset[str]:
        named = cast(list[Any], value) if isinstance(value, list) else [None]
        words = [word for word in named if isinstance(word, str)]
        if words != named:
            raise self.error(key, f'{key} is to be a list of codes: ["EQX110"]')
        for word in words:
            if not code_of(word):
                what = f"there is no rule {word!r} (in {key}); there are {', '.join(rules())}"
                raise self.error(word, what)
        return frozenset(map(code_of, words))

    def error(self, word: str, what: str) -> SettingsError:
        return SettingsError(self.file, self._line_of(word), what)

    def _line_of(self, word: str) -> int:
        """Return the first line with `word`, from where the table begins."""
        lines = self.text.splitlines()
        heads = (i for i, line in enumerate(lines) if re.search(r"\beqxviz\b", line))
        start = next(heads, 0)
        found = (i for i in range(start, len(lines)) if word in lines[i])
        return next(found, -1) + 1
