"""A lesson's text, its pages and its buttons."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFont, QTextCursor
from PySide6.QtWidgets import QWidget

from eqxviz.gui.learn.markdown_text import MarkdownText
from eqxviz.gui.learn.page_strip import PageSign, PageStrip
from eqxviz.gui.theme import Theme
from eqxviz.gui.theme.fonts import MONO
from eqxviz.gui.widgets import KeyButton

Key = Qt.Key


@pytest.fixture
def holder(qtbot) -> Iterator[QWidget]:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.show()
    yield made
    made.hide()


@pytest.fixture
def text(holder: QWidget, theme: Theme) -> MarkdownText:
    made = MarkdownText(theme, holder)
    made.resize(300, 10)
    made.show()
    return made


def test_a_text_is_as_tall_as_its_words_need(text: MarkdownText):
    text.show_markdown("One line.")
    one = text.height()
    text.show_markdown("A paragraph. " * 30)
    assert text.height() > 5 * one
    assert text.verticalScrollBar().maximum() == 0


def test_a_narrow_text_is_taller(text: MarkdownText):
    text.show_markdown("A paragraph. " * 30)
    wide = text.height()
    text.resize(150, text.height())
    assert text.height() > 1.5 * wide


def test_a_long_line_of_code_is_broken_rather_than_cut(text: MarkdownText):
    text.show_markdown("```python\n" + "some_function(an_argument, another_one) + " * 4 + "\n```")
    assert text.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize(
    "markdown", ["See `code` here.", "```\ncode\n```", "| a |\n|---|\n| `code` |"]
)
def test_code_is_in_the_font_of_code(text: MarkdownText, markdown: str):
    text.show_markdown(markdown)
    found = text.document().find("code")
    assert isinstance(found, QTextCursor)
    assert found.charFormat().font().family() == MONO


def test_what_is_bold_is_in_a_weight_that_is_bundled(text: MarkdownText):
    text.show_markdown("A **leaf** here.")
    assert text.document().find("leaf").charFormat().fontWeight() == QFont.Weight.DemiBold


SIGNS = [
    PageSign("Leaves", "seen", False),
    PageSign("Paths", "new", False),
    PageSign("Add a layer", "seen", True),
    PageSign("Count", "solved", True),
]


@pytest.fixture
def strip(holder: QWidget, theme: Theme) -> PageStrip:
    made = PageStrip(theme, holder)
    made.resize(200, 26)
    made.show()
    made.show_pages(SIGNS, 1)
    return made


@pytest.mark.parametrize(
    ("key", "page"), [(Key.Key_Left, 0), (Key.Key_Right, 2), (Key.Key_Home, 0), (Key.Key_End, 3)]
)
def test_keys_lead_from_page_to_page(qtbot, strip: PageStrip, key: Key, page: int):
    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.keyClick(strip, key)
    assert chosen.args == [page]


def test_no_key_leads_beyond_the_pages(qtbot, strip: PageStrip):
    strip.show_pages(SIGNS, 3)
    with qtbot.assertNotEmitted(strip.chosen):
        qtbot.keyClick(strip, Key.Key_Right)


def test_a_click_leads_to_the_page_under_it(qtbot, strip: PageStrip):
    from PySide6.QtCore import QPoint

    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(12 + 2 * 28, 13))
    assert chosen.args == [2]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (0, "Page 1 of 4, Leaves – seen"),
        (1, "Page 2 of 4, Paths – not seen yet"),
        (2, "Page 3 of 4, Exercise: Add a layer – not solved yet"),
        (3, "Page 4 of 4, Exercise: Count – solved"),
    ],
)
def test_a_screen_reader_hears_what_the_marks_say(strip: PageStrip, page: int, words: str):
    strip.show_pages(SIGNS, page)
    assert strip.accessibleName() == words


def test_a_button_shows_the_key_of_what_it_does(qtbot, holder: QWidget, theme: Theme):
    action = QAction("Run the page's script", holder)
    action.setShortcut("Ctrl+Return")
    button = KeyButton(theme, "Run", holder)
    narrow = button.sizeHint().width()
    button.act(action)
    assert button.key == "Ctrl+Enter"
    assert button.sizeHint().width() > narrow
    with qtbot.waitSignal(action.triggered):
        button.click()
    action.setEnabled(False)
    assert not button.isEnabled()
