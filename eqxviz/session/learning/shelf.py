"""The lessons there are: the bundled ones, and those of a teacher's folder."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from eqxviz.session.lessons import Lesson, LessonError, Mistake, lesson_folders, read_lesson


@dataclass(frozen=True)
class ShelvedLesson:
    """A lesson that can be followed."""

    key: str  # tells it from all others, as a name of a folder: "1_pytrees"
    lesson: Lesson
    is_bundled: bool

    @property
    def title(self) -> str:
        """What it is called."""
        return self.lesson.title


@dataclass(frozen=True)
class Shelf:
    """The lessons in their order, and what is wrong with those that can't be read."""

    lessons: tuple[ShelvedLesson, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def named(self, name: str) -> ShelvedLesson | None:
        """Return the lesson that `name` means: "3", "filter_jit", "3_filter_jit" or its title.

        A teacher's lesson goes before a bundled one of the same name.
        """
        wanted = _folded(name)
        ordered = sorted(self.lessons, key=lambda each: each.is_bundled)
        for each in ordered:
            folder = each.lesson.folder.name
            number, _, rest = folder.partition("_")
            if wanted in map(_folded, (each.key, folder, number, rest, each.title)):
                return each
        return None


def read_shelf(teachers: Path | None = None, *, bundled: bool = True) -> Shelf:
    """Return the lessons there are; those of the folder `teachers` follow the `bundled` ones.

    That may hold folders of lessons, or be the folder of one.
    """
    lessons: list[ShelvedLesson] = []
    mistakes: list[Mistake] = []
    for folder in lesson_folders() if bundled else ():
        _put(folder, folder.name, is_bundled=True, lessons=lessons, mistakes=mistakes)
    if teachers is not None:
        folders = folders_in(teachers)
        if not folders:
            text = "there is no lesson in it: a lesson is a folder with a lesson.md"
            mistakes.append(Mistake(teachers, 0, text))
        for folder in folders:
            _put(folder, _key(folder), is_bundled=False, lessons=lessons, mistakes=mistakes)
    return Shelf(tuple(lessons), tuple(mistakes))


def folders_in(teachers: Path) -> tuple[Path, ...]:
    """Return the folders of lessons in a teacher's folder, which may be one itself."""
    if (teachers / "lesson.md").is_file():
        return (teachers.resolve(),)
    return tuple(path.resolve() for path in lesson_folders(teachers))


def _put(
    folder: Path,
    key: str,
    *,
    is_bundled: bool,
    lessons: list[ShelvedLesson],
    mistakes: list[Mistake],
) -> None:
    try:
        lessons.append(ShelvedLesson(key, read_lesson(folder), is_bundled))
    except LessonError as error:
        mistakes += error.mistakes


def _key(folder: Path) -> str:
    """Return what tells a teacher's lesson from one of the same name elsewhere."""
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    stem = re.sub(r"[^\w.-]", "-", folder.name)[:40]
    return f"{stem}-{digest}"


def _folded(name: str) -> str:
    return name.strip().casefold().replace("-", "_")
