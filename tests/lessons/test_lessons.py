"""The lessons run, and each exercise accepts right answers and tells what is wrong with the others.

Answers lie in `answers/<lesson>/<exercise>/`: `right_<what>.py` and `wrong_<what>.py`, whose first
line, `# says: word, other words`, names parts of what the learner is told.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from eqxviz.session.lessons import Lesson, lesson_folders, read_lesson
from tests.lessons.judging import Outcome, judge

REPOSITORY = Path(__file__).resolve().parents[2]
ANSWERS = Path(__file__).resolve().parent / "answers"
FOLDERS = lesson_folders()
Outcomes = Callable[[Path], dict[tuple[Path, ...], Outcome]]

# The ordinary tier runs what these need; all are in the full one.
_OFTEN = ("1_", "2_")


def _marks(folder: Path) -> list[pytest.MarkDecorator]:
    return [] if folder.name.startswith(_OFTEN) else [pytest.mark.full]


EXERCISES = [
    pytest.param(folder, name, id=f"{folder.name}-{name}", marks=_marks(folder))
    for folder in FOLDERS
    for name in sorted(path.name for path in (ANSWERS / folder.name).glob("[!_]*"))
]

each_lesson = pytest.mark.parametrize(
    "folder", [pytest.param(each, id=each.name, marks=_marks(each)) for each in FOLDERS]
)
each_exercise = pytest.mark.parametrize(("folder", "name"), EXERCISES)


def _answers(folder: Path, exercise: str, kind: str) -> list[Path]:
    return sorted((ANSWERS / folder.name / exercise).glob(f"{kind}_*.py"))


@pytest.fixture(scope="module")
def outcomes_of(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What becomes of all that there is to run for a lesson, in one process."""
    compiled = tmp_path_factory.mktemp("compiled")
    return cache(lambda folder: _outcomes(folder, compiled))


def _outcomes(folder: Path, compiled: Path) -> dict[tuple[Path, ...], Outcome]:
    lesson = read_lesson(folder)
    jobs: list[tuple[Path, ...]] = [(page.script,) for page in lesson.pages]
    for page in lesson.pages:
        if page.exercise:
            check = page.exercise.check
            answers = [page.script, page.exercise.solution]
            answers += [
                path
                for kind in ("right", "wrong")
                for path in _answers(folder, page.exercise.name, kind)
            ]
            jobs += [(path, check) for path in answers]
    return dict(zip(jobs, judge(jobs, REPOSITORY, compiled), strict=True))


def _exercise(lesson: Lesson, name: str):
    (page,) = (page for page in lesson.pages if page.exercise and page.exercise.name == name)
    assert page.exercise
    return page, page.exercise


def test_there_are_lessons_in_order():
    numbers = [int(folder.name.split("_")[0]) for folder in FOLDERS]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1


@each_lesson
def test_a_lesson_has_short_pages_that_each_read_on_any_viewer(folder):
    lesson = read_lesson(folder)
    assert lesson.summary.endswith(".")
    assert "\n\n" not in lesson.summary
    for page in lesson.pages:
        assert len(page.text.split()) <= 150, page.heading
        assert not re.search(r"<[a-z/]+>", page.text), page.heading


@each_lesson
def test_a_lesson_has_two_or_three_exercises_with_hints_and_answers(folder):
    exercises = read_lesson(folder).exercises
    assert 2 <= len(exercises) <= 3
    for exercise in exercises:
        assert len(exercise.hints) >= 2, exercise.name
        assert len(_answers(folder, exercise.name, "right")) >= 3, exercise.name
        assert len(_answers(folder, exercise.name, "wrong")) >= 4, exercise.name
    kept = {path.name for path in (ANSWERS / folder.name).iterdir()}
    assert kept == {exercise.name for exercise in exercises}


@each_lesson
def test_every_script_of_a_lesson_is_used_and_every_page_runs(folder, outcomes_of: Outcomes):
    lesson = read_lesson(folder)
    used = {page.script for page in lesson.pages}
    for page, exercise in ((page, page.exercise) for page in lesson.pages):
        if exercise:
            used |= {exercise.solution, exercise.check}
        else:
            assert outcomes_of(folder)[(page.script,)] == Outcome("accepted", ""), page.script
    assert used == set(folder.glob("*.py"))


@each_lesson
def test_the_scripts_import_what_is_taught_and_nothing_of_the_application(folder):
    for path in folder.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "eqxviz" not in source, path
        assert not re.search(r"^(import|from) equinox", source, re.MULTILINE), path


@each_exercise
def test_an_exercise_accepts_its_solution_and_not_its_start(folder, name, outcomes_of: Outcomes):
    page, exercise = _exercise(read_lesson(folder), name)
    outcomes = outcomes_of(folder)
    assert outcomes[exercise.solution, exercise.check] == Outcome("accepted", "")
    assert outcomes[page.script, exercise.check].kind in ("rejected", "raised")


@each_exercise
def test_an_exercise_accepts_every_right_answer(folder, name, outcomes_of: Outcomes):
    _, exercise = _exercise(read_lesson(folder), name)
    for answer in _answers(folder, name, "right"):
        outcome = outcomes_of(folder)[answer, exercise.check]
        assert outcome == Outcome("accepted", ""), f"{answer}: {outcome.kind}: {outcome.text}"


@each_exercise
def test_an_exercise_tells_what_is_wrong_with_every_wrong_answer(
    folder, name, outcomes_of: Outcomes
):
    _, exercise = _exercise(read_lesson(folder), name)
    for answer in _answers(folder, name, "wrong"):
        outcome = outcomes_of(folder)[answer, exercise.check]
        told = f"{answer}: {outcome.kind}: {outcome.text}"
        assert outcome.kind in ("rejected", "raised"), told
        head = answer.read_text(encoding="utf-8").partition("\n")[0]
        assert head.startswith("# says: "), answer
        for words in head.removeprefix("# says: ").split(","):
            assert words.strip() in outcome.text, told
