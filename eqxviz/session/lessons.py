"""Lessons, read from folders of plain Markdown and Python that a teacher can write."""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from pathlib import Path
from typing import NoReturn

FOLDER = Path(__file__).resolve().parent.parent / "lessons"
VIEWS = ("tree", "graph", "curves", "compile", "output")

_TEXT = "lesson.md"
_EXERCISE = "Exercise:"
_HEADING = re.compile(r"(#{1,2})(?:\s+(.*))?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LINK = re.compile(r'\[[^\]]*\]\(\s*(?P<script>[^\s)]+)(?:\s+"(?P<view>[^"]*)")?\s*\)')
_EXPECTED_LINK = '[script.py](script.py "view")'


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a lesson, and where; `line` counts from 1."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"

    @property
    def sentence(self) -> str:
        """What is wrong, with a capital first and a full stop last."""
        return f"{self.text[:1].upper()}{self.text[1:].rstrip('.')}."


class LessonError(ValueError):
    """A lesson that can't be read; `mistakes` has all that was found, in the order of the text."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True)
class Exercise:
    """What a page asks for: how an answer is judged, and help with it from vague to near."""

    name: str  # "add_a_layer"
    solution: Path
    check: Path  # defines `check(answer)`
    hints: tuple[str, ...]  # Markdown


@dataclass(frozen=True)
class Page:
    """One idea: a text beside a script and what is seen of it."""

    heading: str
    text: str  # Markdown, without the heading, the link and the hints
    script: Path
    view: str  # one of VIEWS
    names: str  # what of the script a tree or graph shows: "model,gradients"; "" for the usual
    line: int  # of the heading
    exercise: Exercise | None


@dataclass(frozen=True)
class Lesson:
    """A lesson's pages, in their order."""

    folder: Path
    title: str
    summary: str  # what one can do afterwards
    pages: tuple[Page, ...]

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises, in the order of their pages."""
        return tuple(page.exercise for page in self.pages if page.exercise)


def lesson_folders(folder: Path = FOLDER) -> tuple[Path, ...]:
    """Return the folders in `folder` that hold a lesson, in the order of their numbers."""
    found = (path.parent for path in folder.glob(f"*/{_TEXT}"))
    return tuple(sorted(found, key=lambda path: (_number(path.name), path.name)))


def read_lesson(folder: Path) -> Lesson:
    """Return the lesson of `folder`.

    Raises:
        LessonError: If there is no lesson, or there are mistakes in it.
    """
    return _Reader(folder.resolve()).read()


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    in_code: bool

    @property
    def blank(self) -> bool:
        return not self.text.strip()


@dataclass(frozen=True)
class _Section:
    """A heading of `level` with the lines below it, up to the next one."""

    level: int
    heading: str
    line: int
    body: Sequence[_Line]


class _Reader:
    """Reads a lesson and gathers what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / _TEXT
        self._mistakes: list[Mistake] = []
        self._exercises: set[str] = set()
        self._headings: set[str] = set()

    def read(self) -> Lesson:
        before, sections = _sections(self._lines())
        for line in before:
            if not line.blank:
                self._note(line.number, "a lesson begins with its title: '# Title'")
                break
        title, summary = self._title(sections)
        pages = [self._page(section) for section in sections if section.level == 2]
        if not pages:
            self._note(1, "the lesson has no page; each begins with '## Heading'")
        if self._mistakes:
            raise LessonError(sorted(self._mistakes, key=_place))
        return Lesson(self._folder, title, summary, tuple(filter(None, pages)))

    def _lines(self) -> list[_Line]:
        """The lines, each told whether it is code: there, `# a` is a comment and no heading."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self._fail(f"there is no such file; a lesson is a folder with a {_TEXT}")
        except (OSError, UnicodeDecodeError) as error:
            self._fail(f"the file can't be read as UTF-8 text: {error}")
        lines: list[_Line] = []
        fence, opened = "", 0
        for number, line in enumerate(text.splitlines(), start=1):
            match = _FENCE.match(line)
            lines.append(_Line(number, line, bool(fence or match)))
            if fence:
                # A fence is closed by one at least as long, with nothing after it.
                if match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
                    fence = ""
            elif match:
                fence, opened = match[1], number
        if fence:
            self._note(opened, f"the block of code is never closed with {fence!r}")
        return lines

    def _title(self, sections: Sequence[_Section]) -> tuple[str, str]:
        titles = [section for section in sections if section.level == 1]
        if not titles:
            self._note(1, "the lesson has no title; its first line is '# Title'")
            return "", ""
        for section in titles[1:]:
            self._note(
                section.line,
                f"'# {section.heading}' is a second title; the heading of a page begins with '##'",
            )
        title = titles[0]
        summary = _paragraphs(title.body)
        if not title.heading:
            self._note(title.line, "the title is empty")
        if len(summary) != 1:
            self._note(
                title.line,
                f"{len(summary)} paragraphs follow the title; there is to be one, a sentence that"
                " says what one can do after the lesson",
            )
        return title.heading, "".join(summary)

    def _page(self, section: _Section) -> Page | None:
        before = len(self._mistakes)
        is_exercise = section.heading.startswith(_EXERCISE)
        heading = section.heading.removeprefix(_EXERCISE).strip()
        if not heading:
            self._note(section.line, "the heading of the page is empty")
        elif heading in self._headings:
            self._note(section.line, f"another page is called {heading!r} as well")
        self._headings.add(heading)
        body = section.body
        link = next((line for line in body if not line.blank), None)
        script, view, names = self._script(link, section.line)
        body = [line for line in body if link and line.number > link.number]
        hints: tuple[str, ...] = ()
        if is_exercise:
            body, hints = self._hints(body)
        text = _joined(body)
        if link and not text:
            self._note(section.line, f"the page {heading!r} has no text below its link")
        if script is None or len(self._mistakes) > before:
            return None
        exercise = self._exercise(script, section.line, hints) if is_exercise else None
        return Page(heading, text, script, view, names, section.line, exercise)

    def _script(self, link: _Line | None, heading: int) -> tuple[Path | None, str, str]:
        match = _LINK.fullmatch(link.text.strip()) if link and not link.in_code else None
        if link is None or match is None:
            self._note(
                link.number if link else heading,
                "below the heading of a page comes a line with nothing but a link to its script,"
                f" {_EXPECTED_LINK}",
            )
            return None, "", ""
        view, _, names = (match["view"] or "").partition(" of ")
        names = ",".join(name.strip() for name in names.split(","))
        if view not in VIEWS:
            named = f"{view!r} is no view" if view else "the link names no view"
            self._note(
                link.number, f"{named}; in quotes behind the script comes one of {', '.join(VIEWS)}"
            )
        elif names and not (view == "tree" or (view == "graph" and names.isidentifier())):
            self._note(
                link.number,
                f"{match['view']!r} names what to show; that is for 'tree of model, params', which"
                " shows these names of the script, and for 'graph of step', which draws a function",
            )
        script = (self._folder / match["script"]).resolve()
        if script.parent != self._folder or script.suffix != ".py":
            self._note(link.number, f"{match['script']} is no Python file of the lesson's folder")
        elif not script.is_file():
            self._note(link.number, f"there is no {script.name} beside {_TEXT}")
        return script, view, names

    def _hints(self, body: Sequence[_Line]) -> tuple[list[_Line], tuple[str, ...]]:
        """The lines before the hints, and the hints."""
        text = list(takewhile(lambda line: line.in_code or not _is_quote(line), body))
        hints: list[str] = []
        for blank, group in groupby(body[len(text) :], key=lambda line: line.blank):
            lines = list(group)
            strays = [line for line in lines if not blank and not _is_quote(line)]
            if strays:
                self._note(
                    strays[0].number,
                    "the hints are last in an exercise, and each of their lines begins with '>';"
                    f" this one follows them: {strays[0].text.strip()[:40]!r}",
                )
            elif not blank:
                hints.append("\n".join(_unquoted(line) for line in lines))
        return text, tuple(hints)

    def _exercise(self, script: Path, line: int, hints: tuple[str, ...]) -> Exercise:
        name = script.stem
        if name in self._exercises:
            self._note(line, f"another exercise of this lesson begins with {script.name} as well")
        self._exercises.add(name)
        solution = script.with_name(f"{name}_solution.py")
        check = script.with_name(f"{name}_check.py")
        for path, what in ((solution, "its solution"), (check, "what judges an answer")):
            if not path.is_file():
                self._note(line, f"there is no {path.name} beside {_TEXT}: {what}")
        if check.is_file():
            self._check(check)
        return Exercise(name, solution, check, hints)

    def _check(self, path: Path) -> None:
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), path.name)
        except SyntaxError as error:
            self._mistakes.append(Mistake(path, error.lineno or 1, f"no Python: {error.msg}"))
            return
        except (OSError, UnicodeDecodeError) as error:
            self._mistakes.append(Mistake(path, 1, f"the file can't be read: {error}"))
            return
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == "check":
                n_arguments = len(node.args.posonlyargs) + len(node.args.args)
                if n_arguments != 1:
                    text = f"check takes {n_arguments} arguments; it is called as check(answer)"
                    self._mistakes.append(Mistake(path, node.lineno, text))
                return
        text = "it defines no check(answer), a function at the top level of the file"
        self._mistakes.append(Mistake(path, 1, text))

    def _note(self, line: int, text: str) -> None:
        self._mistakes.append(Mistake(self._path, line, text))

    def _fail(self, text: str) -> NoReturn:
        self._note(1, text)
        raise LessonError(self._mistakes) from None


def _sections(lines: Iterable[_Line]) -> tuple[list[_Line], list[_Section]]:
    """The lines before the first heading, and the sections."""
    before: list[_Line] = []
    sections: list[_Section] = []
    body = before
    for line in lines:
        match = None if line.in_code else _HEADING.fullmatch(line.text.rstrip())
        if match is None:
            body.append(line)
            continue
        below: list[_Line] = []
        sections.append(_Section(len(match[1]), match[2] or "", line.number, below))
        body = below
    return before, sections


def _paragraphs(lines: Sequence[_Line]) -> list[str]:
    """The runs of lines between blank ones."""
    return [part.strip() for part in re.split(r"\n{2,}", _joined(lines)) if part.strip()]


def _joined(lines: Iterable[_Line]) -> str:
    return "\n".join(line.text.rstrip() for line in lines).strip("\n")


def _is_quote(line: _Line) -> bool:
    return line.text.lstrip().startswith(">")


def _place(mistake: Mistake) -> tuple[bool, str, int]:
    """By file, the text of the lesson first, and by line."""
    return mistake.path.name != _TEXT, mistake.path.name, mistake.line


def _unquoted(line: _Line) -> str:
    return line.text.strip().removeprefix(">").removeprefix(" ")


def _number(name: str) -> float:
    """The number that the name of a folder begins with; a folder without one comes last."""
    match = re.match(r"\d+", name)
    return int(match[0]) if match else float("inf")
