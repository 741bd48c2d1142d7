"""Labels, search line and fact card."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Chooser, ElidedLabel, FactCard, MarkLabel, SearchBar, ThinBar
from eqxviz.session.facts import Fact
from eqxviz.session.selection import Selection
from tests.gui.shown import put_on_screen

LONG = "model.blocks[11].attention.projection.weight"


def test_a_long_label_gives_way_and_shows_itself_whole_on_hover(qtbot, theme: Theme):
    label = ElidedLabel(LONG)
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.toolTip() == LONG
    assert label.accessibleName() == LONG
    assert label.minimumSizeHint().width() < label.sizeHint().width()
    label.resize(label.sizeHint().width() + 10, 20)
    assert label.toolTip() == ""


def test_long_names_in_a_line_are_elided_before_its_end_is(qtbot):
    words = f"{'long_' * 20}name.py – paused before call 12"
    label = ElidedLabel(words, elide=Qt.TextElideMode.ElideRight, longest_word=20)
    qtbot.addWidget(label)
    label.resize(10_000, 20)
    assert label.shown == words
    label.resize(400, 20)
    assert label.shown == "long_long…ng_name.py – paused before call 12"
    assert label.text == words


def test_line_breaks_do_not_tear_a_label(qtbot, theme: Theme):
    label = ElidedLabel("a\nb")
    qtbot.addWidget(label)
    assert label.text == "a b"


def test_typing_searches_once_it_pauses(qtbot, theme: Theme):
    bar = SearchBar(theme, "Search")
    qtbot.addWidget(bar)
    bar.show()
    searched: list[str] = []
    bar.searched.connect(searched.append)
    with qtbot.waitSignal(bar.searched):
        qtbot.keyClicks(bar.line, "wei")
    assert searched == ["wei"]


def test_return_searches_at_once_and_steps(qtbot, theme: Theme):
    bar = SearchBar(theme, "Search")
    qtbot.addWidget(bar)
    bar.show()
    line = bar.line
    searched: list[str] = []
    steps: list[int] = []
    bar.searched.connect(searched.append)
    bar.stepped.connect(steps.append)
    qtbot.keyClicks(line, "w")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert searched == ["w"]
    assert steps == [1, -1]


def test_escape_empties_the_line_and_then_leaves_it(qtbot, theme: Theme):
    bar = SearchBar(theme, "Search")
    qtbot.addWidget(bar)
    bar.show()
    bar.set_text("w")
    with qtbot.waitSignal(bar.searched):
        qtbot.keyClick(bar.line, Qt.Key.Key_Escape)
    assert bar.text == ""
    with qtbot.waitSignal(bar.left):
        qtbot.keyClick(bar.line, Qt.Key.Key_Escape)


def test_hits_are_counted_in_words(qtbot, theme: Theme):
    bar = SearchBar(theme, "Search")
    qtbot.addWidget(bar)
    bar.show()
    bar.set_text("w")
    shown = bar.findChild(QLabel)
    bar.set_hits(1, 12)
    assert shown.text() == "2 of 12"
    bar.set_hits(-1, 0)
    assert shown.text() == "none"
    with qtbot.waitSignal(bar.searched):
        bar.set_text("")
    assert shown.text() == ""


def test_a_fact_with_a_link_leads_there(qtbot, theme: Theme):
    card = FactCard(theme)
    qtbot.addWidget(card)
    there = Selection(kind="node", node=4)
    card.set_facts("model", [Fact("Shared with", "model.tied", there), Fact("Shape", "3 × 3")])
    card.show()
    button = card.findChild(QPushButton)
    assert button.accessibleName() == "Shared with: model.tied"
    with qtbot.waitSignal(card.link_clicked) as clicked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert clicked.args == [there]


def test_a_name_stands_in_the_line_of_its_value(qtbot, theme: Theme):
    card = put_on_screen(qtbot, FactCard(theme), 300, 200)
    card.set_facts(
        "loss", [Fact("Source", "train.py:12", Selection(kind="node")), Fact("Points", "300")]
    )
    card.adjustSize()
    for name, value in (("Source", "train.py:12"), ("Points", "300")):
        parts = [*card.findChildren(QPushButton), *card.findChildren(QLabel)]
        middles = [w.geometry().center().y() for w in parts if w.text() in (name, value)]
        assert len(middles) == 2
        assert max(middles) - min(middles) <= 1


def test_a_long_word_in_a_fact_cuts_no_other_fact(qtbot, theme: Theme):
    card = put_on_screen(qtbot, FactCard(theme), 270, 200)
    parameters = f"precision=None {LONG.replace('.', '_')}=float32"
    card.set_facts("dot_general", [Fact("Parameters", parameters), Fact("Inputs", "f32[64,128]")])
    assert card.minimumSizeHint().width() < 270
    (label,) = (each for each in card.findChildren(QLabel) if each.text() == parameters)
    assert label.toolTip() == parameters


def test_a_mark_says_its_word(qtbot, theme: Theme):
    label = MarkLabel(theme, "static_field")
    qtbot.addWidget(label)
    label.show()
    assert label.accessibleName() == "static field"


def test_the_bar_moves_only_while_it_is_seen_and_the_theme_lets_it(qtbot, theme: Theme):
    bar = ThinBar(theme)
    qtbot.addWidget(bar)
    assert not bar._timer.isActive()
    bar.show()
    assert bar._timer.isActive()
    bar.hide()
    assert not bar._timer.isActive()
    theme.set_still(True)
    bar.show()
    assert not bar._timer.isActive()


def test_what_is_chosen_ends_in_dots_where_it_has_no_room(qtbot, theme: Theme):
    def pictured(text: str):
        chooser = Chooser()
        qtbot.addWidget(chooser)
        chooser.addItem(text)
        chooser.resize(150, 28)
        return chooser.grab().toImage()

    text = "snapshot 1 of a model with a long name"
    cuts = ((a, b) for a in range(1, 20) for b in range(1, 20))
    assert any(pictured(text) == pictured(f"{text[:a]}…{text[-b:]}") for a, b in cuts if a == b)
