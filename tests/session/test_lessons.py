"""A lesson is read from a folder of Markdown and scripts; what a teacher got wrong is told."""

from pathlib import Path

import pytest

from eqxviz.session.lessons import LessonError, lesson_folders, read_lesson

TEXT = """\
# Trees

You can read a tree
and name its leaves.

## Leaves

[model.py](model.py "tree")

A leaf is an array.

```python
# no title: this is code
## and no page
> nor a quote
```

Make `width` 4.

## Exercise: Add a layer

[add.py](add.py "graph")

Add one.

- a list

> Look at `layers`.

> Two lines
> and code:
>
> ```python
> # a comment
> ```
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "1_trees"
    folder.mkdir()
    (folder / "lesson.md").write_text(TEXT)
    for name in ("model", "add", "add_solution"):
        (folder / f"{name}.py").write_text("model = 1\n")
    (folder / "add_check.py").write_text("def check(answer):\n    assert answer.model == 1\n")
    return folder


def _mistakes(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(LessonError, match=":") as caught:
        read_lesson(folder)
    return [(each.path.name, each.line, each.text) for each in caught.value.mistakes]


def _replace(folder: Path, old: str, new: str) -> None:
    path = folder / "lesson.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_lesson_has_a_title_and_what_one_can_do_after_it(folder):
    lesson = read_lesson(folder)
    assert lesson.title == "Trees"
    assert lesson.summary == "You can read a tree\nand name its leaves."
    assert [page.heading for page in lesson.pages] == ["Leaves", "Add a layer"]


def test_a_page_has_its_text_its_script_and_what_is_seen_beside_it(folder):
    page = read_lesson(folder).pages[0]
    assert page.text.startswith("A leaf is an array.")
    assert page.text.endswith("Make `width` 4.")
    assert "# no title: this is code\n## and no page\n> nor a quote" in page.text
    assert page.script == folder / "model.py"
    assert (page.view, page.names) == ("tree", "")
    assert page.line == 6
    assert page.exercise is None


def test_a_page_may_name_what_of_its_script_is_seen(folder):
    _replace(folder, '"tree"', '"tree of model, params"')
    _replace(folder, '"graph"', '"graph of step"')
    assert [page.names for page in read_lesson(folder).pages] == ["model,params", "step"]


def test_an_exercise_has_a_solution_a_check_and_hints_that_are_no_part_of_its_text(folder):
    lesson = read_lesson(folder)
    page = lesson.pages[1]
    (exercise,) = lesson.exercises
    assert page.exercise is exercise
    assert page.text == "Add one.\n\n- a list"
    assert exercise.name == "add"
    assert exercise.solution == folder / "add_solution.py"
    assert exercise.check == folder / "add_check.py"
    assert exercise.hints == (
        "Look at `layers`.",
        "Two lines\nand code:\n\n```python\n# a comment\n```",
    )


def test_lessons_come_in_the_order_of_their_numbers(tmp_path):
    for name in ("10_last", "2_second", "own", "1_first", "empty"):
        (tmp_path / name).mkdir()
        if name != "empty":
            (tmp_path / name / "lesson.md").write_text(TEXT)
    names = [path.name for path in lesson_folders(tmp_path)]
    assert names == ["1_first", "2_second", "10_last", "own"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("# Trees\n", "Trees\n", 1, "the lesson has no title"),
        ("# Trees\n", "Words\n# Trees\n", 1, "a lesson begins with its title"),
        ("# Trees\n", "#\n", 1, "the title is empty"),
        ("You can read a tree\nand name its leaves.\n", "", 1, "0 paragraphs follow the title"),
        ("You can read a tree\n", "You can read\n\n", 1, "2 paragraphs follow the title"),
        ("## Leaves", "# Leaves", 6, "'# Leaves' is a second title"),
        ("## Leaves", "##", 6, "the heading of the page is empty"),
        ("Exercise: Add a layer", "Exercise:", 20, "the heading of the page is empty"),
        ('[model.py](model.py "tree")', "Words.", 8, "a link to its script"),
        ('[model.py](model.py "tree")', "", 10, "a link to its script"),
        ('[model.py](model.py "tree")', "See [model.py](model.py).", 8, "a link to its script"),
        ('(model.py "tree")', "(model.py)", 8, "the link names no view"),
        ('"tree"', '"forest"', 8, "'forest' is no view; in quotes behind the script comes one of"),
        ('"tree"', '"curves of loss"', 8, "'curves of loss' names what to show"),
        ('"tree"', '"graph of f, g"', 8, "'graph of f, g' names what to show"),
        ("Exercise: Add a layer", "Leaves", 20, "another page is called 'Leaves' as well"),
        ("(model.py", "(modell.py", 8, "there is no modell.py beside lesson.md"),
        ("(model.py", "(../model.py", 8, "../model.py is no Python file of the lesson's folder"),
        ("(model.py", "(lesson.md", 8, "lesson.md is no Python file of the lesson's folder"),
        ("```\n\nMake", "\nMake", 12, "the block of code is never closed"),
        ("Add one.\n\n- a list\n", "", 20, "the page 'Add a layer' has no text"),
        ("`layers`.\n", "`layers`.\n\nMore.\n", 30, "this one follows them: 'More.'"),
        ("> Two lines\n> and", "> Two lines\nand", 31, "this one follows them: 'and code:'"),
        ("(add.py", "(model.py", 20, "there is no model_solution.py beside lesson.md"),
        (
            "## Leaves",
            '## Exercise: Again\n[a](add.py "tree")\nWords.\n\n## Leaves',
            24,
            "another exercise of this lesson begins with add.py",
        ),
    ],
)
def test_a_mistake_in_the_text_is_told_with_its_line(folder, old, new, line, said):
    _replace(folder, old, new)
    told = _mistakes(folder)
    assert [each for each in told if each[1] == line and said in each[2]], told


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        ("def check(answer:\n", 1, "no Python"),
        ("def judge(answer): pass\n", 1, "it defines no check(answer)"),
        ("\ndef check(): pass\n", 2, "check takes 0 arguments; it is called as check(answer)"),
    ],
)
def test_a_check_that_cannot_be_called_is_told(folder, code, line, said):
    (folder / "add_check.py").write_text(code)
    ((path, at, text),) = _mistakes(folder)
    assert (path, at) == ("add_check.py", line)
    assert said in text


def test_all_mistakes_are_told_at_once_in_their_order(folder):
    _replace(folder, "(add.py", "(model.py")
    _replace(folder, '"tree"', '"forest"')
    (folder / "add_check.py").unlink()
    told = _mistakes(folder)
    assert [line for _, line, _ in told] == [8, 20, 20]
    with pytest.raises(LessonError, match=r"lesson\.md:8: 'forest' is no view"):
        read_lesson(folder)


def test_a_lesson_without_pages_is_a_mistake(folder):
    (folder / "lesson.md").write_text("# Trees\n\nYou can read one.\n")
    assert _mistakes(folder) == [
        ("lesson.md", 1, "the lesson has no page; each begins with '## Heading'")
    ]


def test_a_folder_that_holds_no_lesson_says_what_a_lesson_is(tmp_path):
    ((_, _, text),) = _mistakes(tmp_path / "none")
    assert text == "there is no such file; a lesson is a folder with a lesson.md"


def test_a_text_that_is_not_utf_8_is_told(folder):
    (folder / "lesson.md").write_bytes(b"# \xff\n")
    ((_, _, text),) = _mistakes(folder)
    assert "can't be read as UTF-8" in text
