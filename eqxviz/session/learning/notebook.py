"""What a learner has done and written, kept in the user's state folder.

Of each lesson a folder: `progress.json`, a copy of each script that was changed or run, and
`copied.json`, which tells of what text of the lesson each copy was made.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from eqxviz.session.lessons import Lesson, Page

PageMark = Literal["new", "seen", "solved"]

_PROGRESS, _COPIED = "progress.json", "copied.json"
_TEACHERS = "teachers_folder.txt"


@dataclass(frozen=True)
class Progress:
    """How far a learner is in one lesson. Pages are known by their headings."""

    page: str = ""  # the one that was shown last
    seen: tuple[str, ...] = ()
    solved: tuple[str, ...] = ()  # names of exercises
    solutions_shown: tuple[str, ...] = ()
    hints_shown: dict[str, int] = field(default_factory=dict[str, int])  # by exercise

    def mark(self, page: Page) -> PageMark:
        """Return whether a page was seen, or its exercise solved."""
        if page.exercise is not None and page.exercise.name in self.solved:
            return "solved"
        return "seen" if page.heading in self.seen else "new"

    def n_done(self, lesson: Lesson) -> int:
        """Return how many pages are done: seen, and solved where they ask for that."""
        pages = lesson.pages
        return sum(self.mark(p) == ("solved" if p.exercise else "seen") for p in pages)

    def with_seen(self, heading: str) -> "Progress":
        """Return it with the page of that heading as the last one that was shown."""
        return replace(self, page=heading, seen=_with(self.seen, heading))

    def with_solved(self, exercise: str) -> "Progress":
        """Return it with one more exercise solved."""
        return replace(self, solved=_with(self.solved, exercise))

    def with_hint(self, exercise: str) -> "Progress":
        """Return it with one more hint of an exercise shown."""
        n_shown = self.hints_shown.get(exercise, 0) + 1
        return replace(self, hints_shown={**self.hints_shown, exercise: n_shown})

    def with_solution(self, exercise: str) -> "Progress":
        """Return it with the solution of an exercise shown."""
        return replace(self, solutions_shown=_with(self.solutions_shown, exercise))


class Notebook:
    """The files of one learner, in `folder`. Reading what is not there, or damaged, gives nothing.

    Any thread may use it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def progress(self, key: str) -> Progress:
        """Return how far the learner is in the lesson of that key."""
        try:
            data: dict[str, Any] = json.loads(self._progress(key).read_text(encoding="utf-8"))
            return Progress(
                *(str(data["page"]), _texts(data["seen"]), _texts(data["solved"])),
                _texts(data["solutions_shown"]),
                {str(name): int(n) for name, n in data["hints_shown"].items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Progress()

    def keep_progress(self, key: str, progress: Progress) -> None:
        """Write how far the learner is."""
        _write(self._progress(key), json.dumps(asdict(progress), indent=1))

    def copy_of(self, key: str, script: Path) -> Path:
        """Return where the learner's copy of a lesson's script is, if there is one."""
        return self.folder / key / script.name

    def text_of(self, key: str, script: Path, own: str) -> str:
        """Return the learner's text of a script, whose text in the lesson is `own`.

        A copy that the learner had not changed gives way to a newer text of the lesson.
        """
        copy = self.copy_of(key, script)
        try:
            text = copy.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return own
        return own if self._digests(key).get(script.name) == _digest(text) else text

    def keep_text(self, key: str, script: Path, text: str, own: str) -> None:
        """Write the learner's text of a script, whose text in the lesson is `own`."""
        _write(self.copy_of(key, script), text)
        digests = self._digests(key)
        if digests.get(script.name) != _digest(own):
            _write(self._copied(key), json.dumps({**digests, script.name: _digest(own)}))

    def teachers_folder(self) -> Path | None:
        """Return the folder of lessons that was opened last."""
        try:
            text = (self.folder / _TEACHERS).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return Path(text) if text else None

    def keep_teachers_folder(self, folder: Path | None) -> None:
        """Remember the folder of lessons, or that there is none."""
        _write(self.folder / _TEACHERS, "" if folder is None else str(folder))

    def _digests(self, key: str) -> dict[str, str]:
        """Return by script what tells the lesson's text from others that its copy was made of."""
        try:
            data: dict[str, Any] = json.loads(self._copied(key).read_text(encoding="utf-8"))
            return {str(name): str(digest) for name, digest in data.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _progress(self, key: str) -> Path:
        return self.folder / key / _PROGRESS

    def _copied(self, key: str) -> Path:
        return self.folder / key / _COPIED


def own_notebook() -> Notebook:
    """Return the notebook of this user."""
    from platformdirs import user_state_path  # 20 ms

    return Notebook(user_state_path("eqxviz", appauthor=False) / "lessons")


def _digest(text: str) -> str:
    """Return what tells a text from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _write(path: Path, text: str) -> None:
    """Write a file in one step: a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
