"""A lesson is followed page by page; what is written, solved and shown is there the next time."""

from pathlib import Path

import pytest

from eqxviz.records import Outcome, Problem, Severity
from eqxviz.session.learning.notebook import Notebook
from eqxviz.session.learning_actions import LEARNING
from eqxviz.session.lessons import lesson_folders

from .conftest import Desktop


def _again(desktop: Desktop, teachers: Path) -> Desktop:
    """Return what the next window has of the same learner."""
    desktop.rest()
    folder = desktop.learning._diary.notebook
    assert folder is not None
    return Desktop(folder.folder.parent, teachers)


def test_a_teachers_lessons_follow_the_bundled_ones_and_are_found_by_number_name_or_title(desktop):
    lessons = desktop.learning.lessons
    assert [each.is_bundled for each in lessons] == [True] * len(lesson_folders()) + [False] * 2
    shelf = desktop.learning.shelf
    for name in ("1_trees", "trees", "Trees", lessons[-2].key):
        assert shelf.named(name) == lessons[-2]
    assert shelf.named("2") == lessons[-1]
    assert shelf.named("filter-jit") == lessons[2]
    assert shelf.named("nothing") is None


def test_pages_follow_each_other_into_the_next_lesson(desktop):
    learning = desktop.begin("1_trees")
    assert learning.page.heading == "Leaves"
    assert learning.desk.text == "model = [1.0]\n"
    learning.turn(1)
    learning.turn(1)  # before the first is there
    desktop.until(lambda: learning.current.title == "Forests")
    assert learning.page.heading == "Leaves"
    desktop.turn()
    assert not learning.can_turn(1)
    desktop.turn(-2)
    assert (learning.current.title, learning.page_index) == ("Trees", 1)


def test_what_the_learner_writes_is_there_again_and_the_lesson_stays_as_it_is(desktop, teachers):
    learning = desktop.begin("trees")
    learning.desk.write("model = 3\n")
    assert learning.desk.is_changed
    desktop.turn()
    desktop.turn(-1)
    assert learning.desk.text == "model = 3\n"
    assert (teachers / "1_trees" / "model.py").read_text() == "model = [1.0]\n"
    assert learning.desk.path.read_text() == "model = 3\n"
    assert _again(desktop, teachers).begin("trees").desk.text == "model = 3\n"


def test_starting_over_brings_the_lessons_text_as_an_edit(desktop):
    learning = desktop.begin("trees")
    learning.desk.write("model = 3\n")
    edits: list[bool] = []
    learning.desk.replaced.connect(edits.append)
    learning.desk.start_over()
    assert edits == [True]
    assert learning.desk.text == "model = [1.0]\n"
    assert not learning.desk.is_changed


def test_a_copy_that_was_not_changed_gives_way_to_a_newer_lesson_and_a_changed_one_stays(
    desktop, teachers
):
    learning = desktop.begin("trees")
    learning.desk.keep()
    desktop.turn()
    learning.desk.write("layers = [7]\n")
    learning.desk.keep()
    for name in ("model", "add"):
        (teachers / "1_trees" / f"{name}.py").write_text("better = 1\n")
    later = _again(desktop, teachers)
    assert later.begin("trees").desk.text == "layers = [7]\n"
    later.turn(-1)
    assert later.learning.desk.text == "better = 1\n"


def test_a_folder_that_was_just_opened_is_begun_with(desktop):
    assert desktop.begin().current.title == "Trees"


def test_going_on_goes_to_the_page_that_was_left(desktop, teachers):
    assert desktop.begin("1_pytrees").current == desktop.learning.lessons[0]
    desktop.begin("forests")
    desktop.turn()
    desktop.engine.worker.asked.clear()
    later = _again(desktop, teachers)
    assert later.begin("forests").page_index == 1
    assert later.begin().current == later.learning.lessons[0]  # begun first, and not done


def test_a_page_is_done_when_it_was_seen_and_its_exercise_solved(desktop):
    learning = desktop.begin("trees")
    lesson = learning.current
    assert (learning.mark(lesson, 0), learning.mark(lesson, 1)) == ("seen", "new")
    desktop.turn()
    assert (learning.mark(lesson, 1), learning.n_done(lesson)) == ("seen", 1)
    learning.judging.check()
    desktop.until(lambda: desktop.engine.worker.asked)
    desktop.engine.worker.answer(Outcome.ACCEPTED)
    assert (learning.mark(lesson, 1), learning.n_done(lesson)) == ("solved", 2)


def test_hints_come_one_by_one_and_stay_shown(desktop, teachers):
    learning = desktop.begin("trees")
    desktop.turn()
    learning.help.show_hint()
    assert learning.help.hints == ("Look at `layers`.",)
    assert learning.help.n_hints_left == 1
    learning.help.show_hint()
    learning.help.show_hint()
    assert learning.help.hints == ("Look at `layers`.", "Append to it.")
    assert _again(desktop, teachers).begin("trees").help.n_hints_left == 0


def test_the_solution_is_asked_for_once_and_can_be_put_into_the_editor(desktop):
    learning = desktop.begin("trees")
    desktop.turn()
    learning.help.show_solution()
    assert learning.help.asks_for_solution
    learning.help.keep_trying()
    assert not learning.help.asks_for_solution
    learning.help.show_solution()
    learning.help.show_solution()
    desktop.until(lambda: learning.help.solution)
    learning.help.put_solution()
    assert learning.desk.text == "layers = [1]\n"
    assert learning.mark(learning.current, 1) == "seen"  # it was shown, not solved
    desktop.turn(-1)
    desktop.turn()
    learning.help.show_solution()
    desktop.until(lambda: learning.help.solution)
    assert not learning.help.asks_for_solution


def test_an_answer_is_judged_as_it_stands_and_the_verdict_says_why(desktop):
    learning = desktop.begin("trees")
    desktop.turn()
    learning.desk.write("layers = ()\n")
    learning.judging.check()
    assert learning.judging.is_checking
    worker = desktop.engine.worker
    desktop.until(lambda: worker.asked)
    request, _ = worker.asked[0]
    assert Path(request.script).read_text() == "layers = ()\n"
    assert request.judge == str(learning.exercise.check)
    worker.answer(Outcome.REJECTED, "`layers` is empty.", output="hello\n")
    verdict = learning.judging.verdict
    assert (verdict.kind, verdict.message) == ("rejected", "`layers` is empty.")
    assert verdict.output == "hello\n"
    assert not learning.judging.is_checking
    problem = Problem("answer-raised", Severity.ERROR, "add.py raised NameError", "why", "fix")
    learning.judging.check()
    desktop.until(lambda: worker.asked)
    worker.answer(Outcome.RAISED, problem=problem)
    verdict = learning.judging.verdict
    assert (verdict.kind, verdict.message) == ("failed", "add.py raised NameError")
    assert verdict.problem is problem


def test_a_check_is_dropped_with_its_page(desktop):
    learning = desktop.begin("trees")
    desktop.turn()
    learning.judging.check()
    desktop.until(lambda: desktop.engine.worker.asked)
    desktop.turn(-1)
    desktop.engine.worker.answer(Outcome.ACCEPTED)
    assert desktop.engine.worker.ends == ["kill"]
    assert learning.judging.verdict is None
    assert learning.mark(learning.current, 1) == "seen"


def test_all_mistakes_of_a_teachers_folder_are_told_with_their_lines(desktop, teachers):
    (teachers / "2_forests" / "add_check.py").unlink()
    text = teachers / "1_trees" / "lesson.md"
    text.write_text(text.read_text().replace('"tree"', '"treee"'))
    desktop.learning.read(teachers)
    desktop.until(lambda: desktop.learning.problems)
    found = [(Path(each.file).parent.name, each.line) for each in desktop.learning.problems]
    assert found == [("1_trees", 7), ("2_forests", 11)]
    assert desktop.session.problems == list(desktop.learning.problems)
    text.write_text(text.read_text().replace('"treee"', '"tree"'))
    desktop.learning.read(teachers)
    desktop.until(lambda: len(desktop.learning.problems) == 1)
    assert desktop.session.problems == list(desktop.learning.problems)


def test_a_lesson_that_is_read_again_stays_at_its_page(desktop, teachers):
    learning = desktop.begin("trees")
    desktop.turn()
    text = teachers / "1_trees" / "lesson.md"
    text.write_text(text.read_text().replace("Add one.", "Add two."))
    learning.read()
    desktop.until(lambda: learning.page.text == "Add two.")
    assert learning.page_index == 1
    learning.forget_folder()
    desktop.until(lambda: learning.current is None)
    assert learning.page is None
    assert learning.teachers_folder is None


def test_a_lesson_that_is_not_there_is_told_with_those_that_are(desktop):
    desktop.learning.begin("2_filtring")
    [problem] = desktop.session.problems
    assert problem.title == "There is no lesson 2_filtring"
    assert "2_filtering" in problem.fix


def test_a_folder_without_lessons_is_told(desktop, tmp_path):
    (tmp_path / "empty").mkdir()
    desktop.learning.read(tmp_path / "empty")
    desktop.until(lambda: desktop.learning.problems)
    assert "no lesson in it" in desktop.learning.problems[0].why


def test_a_notebook_that_cannot_be_written_is_told_once_and_lessons_go_on(tmp_path, teachers):
    (tmp_path / "notebook").write_text("no folder")
    desktop = Desktop(tmp_path, teachers)
    learning = desktop.begin("trees")
    desktop.turn()
    desktop.rest()
    assert [problem.code for problem in desktop.session.problems] == ["not-kept"]
    assert learning.page_index == 1


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"page": 1}'])
def test_damaged_progress_is_none(tmp_path, damaged):
    book = Notebook(tmp_path)
    (tmp_path / "1_trees").mkdir()
    (tmp_path / "1_trees" / "progress.json").write_text(damaged)
    assert book.progress("1_trees").seen == ()


def test_lessons_that_are_read_twice_at_once_are_those_of_the_last_folder(desktop, tmp_path):
    learning = desktop.learning
    learning.read()
    (tmp_path / "other").mkdir()
    learning.read(tmp_path / "other")
    learning.read(tmp_path / "course")
    assert desktop.begin("forests").current is not None
    assert learning.teachers_folder == tmp_path / "course"
    assert learning.problems == ()


def test_actions_are_enabled_where_they_can_be_done_and_make_nothing_of_lessons_elsewhere(
    desktop,
):
    def enabled() -> set[str]:
        return {a.name.partition(".")[2] for a in LEARNING if a.run and a.enabled(desktop.session)}

    assert enabled() == {"open"}
    assert "learning" not in vars(desktop.session)
    desktop.session.__dict__["learning"] = desktop.learning
    learning = desktop.begin("trees")
    everywhere = {"open", "next", "previous", "run", "forget_folder", "close"}
    assert enabled() == everywhere
    learning.desk.write("model = 2\n")
    desktop.turn()
    exercise = {"check", "hint", "solution"}
    assert enabled() == everywhere | exercise
    for name in ("hint", "hint", "solution", "solution"):
        _do(desktop, f"learn.{name}")
    desktop.until(lambda: learning.help.solution)
    assert enabled() == (everywhere | exercise | {"put_solution"}) - {"hint"}
    _do(desktop, "learn.put_solution")
    assert "start_over" in enabled()
    _do(desktop, "learn.check")
    desktop.until(lambda: desktop.engine.worker.asked)
    _do(desktop, "learn.check")
    assert desktop.engine.worker.ends == ["abort"]
    _do(desktop, "learn.close")
    assert enabled() == {"open", "forget_folder"}


def _do(desktop: Desktop, name: str) -> None:
    (action,) = (each for each in LEARNING if each.name == name)
    assert action.run is not None
    assert action.enabled(desktop.session), name
    action.run(desktop.session)
