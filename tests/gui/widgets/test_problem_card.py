"""A problem as a card."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ProblemCard
from eqxviz.records import Frame, Problem, Severity

FRAMES = (
    Frame("/x/train.py", 40, "<module>", "main()", True),
    Frame("/x/model.py", 7, "make", "return Linear(2, '3')", True),
)
PROBLEM = Problem(
    "raised",
    Severity.ERROR,
    "model.py raised TypeError",
    "'3' is no number",
    "Pass a number",
    file="/x/model.py",
    line=7,
    frames=FRAMES,
    detail="the whole of it",
    fix_code="Linear(2, 3)",
)


def make_card(qtbot, theme: Theme, problem: Problem = PROBLEM, **options: bool) -> ProblemCard:
    card = ProblemCard(theme, problem, **options)
    qtbot.addWidget(card)
    card.show()
    return card


def buttons(card: ProblemCard) -> dict[str, QPushButton]:
    return {b.text(): b for b in card.findChildren(QPushButton) if b.isVisible()}


def words(card: ProblemCard) -> list[str]:
    return [x.text() for x in card.findChildren(QLabel) if x.isVisible()]


def test_it_says_what_why_and_what_to_do(qtbot, theme: Theme):
    shown = words(make_card(qtbot, theme))
    assert shown == [
        "model.py raised TypeError",
        "'3' is no number",
        "Pass a number",
        PROBLEM.fix_code,
    ]


def test_its_name_tells_a_screen_reader_how_much_it_matters(qtbot, theme: Theme):
    card = make_card(qtbot, theme)
    assert card.accessibleName() == "Error: model.py raised TypeError"


def test_a_click_on_the_place_asks_for_it(qtbot, theme: Theme):
    card = make_card(qtbot, theme)
    with qtbot.waitSignal(card.place_clicked) as clicked:
        qtbot.mouseClick(buttons(card)["model.py:7"], Qt.MouseButton.LeftButton)
    assert clicked.args == ["/x/model.py", 7]


def test_frames_unfold_and_fold(qtbot, theme: Theme):
    card = make_card(qtbot, theme)
    assert "train.py:40" not in buttons(card)
    qtbot.mouseClick(buttons(card)["Show details"], Qt.MouseButton.LeftButton)
    assert "train.py:40" in buttons(card)
    assert "the whole of it" in words(card)
    qtbot.mouseClick(buttons(card)["Hide details"], Qt.MouseButton.LeftButton)
    assert "train.py:40" not in buttons(card)


def test_retry_and_dismiss_are_there_when_they_do_something(qtbot, theme: Theme):
    assert not {"Retry", "Dismiss"} & buttons(make_card(qtbot, theme)).keys()
    card = make_card(qtbot, theme, can_retry=True, can_dismiss=True)
    with qtbot.waitSignals([card.retried, card.dismissed]):
        for name in ("Retry", "Dismiss"):
            qtbot.mouseClick(buttons(card)[name], Qt.MouseButton.LeftButton)


def test_the_whole_card_is_copied_as_text(qtbot, theme: Theme):
    card = make_card(qtbot, theme)
    copies = [b for b in card.findChildren(QPushButton) if b.text() == "Copy"]
    qtbot.mouseClick(copies[0], Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "Linear(2, 3)"
    qtbot.mouseClick(copies[1], Qt.MouseButton.LeftButton)
    text = QApplication.clipboard().text()
    for part in ("Error: model.py raised TypeError", "/x/model.py:7", "in make", "the whole of it"):
        assert part in text


def test_text_is_not_taken_for_markup(qtbot, theme: Theme):
    problem = Problem("x", Severity.NOTE, "<b>no</b>", "a < b", "")
    card = make_card(qtbot, theme, problem)
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in card.findChildren(QLabel))


def test_what_stands_between_backticks_is_code(qtbot, theme: Theme):
    problem = Problem("x", Severity.NOTE, "It", "`i` is < 3\n  and static", "Pass `asarray(i)`.")
    card = make_card(qtbot, theme, problem)
    why, fix = (label for label in card.findChildren(QLabel) if "mono" in label.text().lower())
    assert "`" not in why.text() + fix.text()
    assert "&lt; 3\n  and" in why.text()
    assert fix.accessibleName() == "Pass asarray(i)."
