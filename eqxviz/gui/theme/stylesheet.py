"""The style sheet: what Qt's Fusion style does not already draw from the palette."""

from string import Template

from eqxviz.gui.theme.assets import asset
from eqxviz.gui.theme.fonts import MONO

_SHEET = Template("""
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $line; }

QMenuBar { background: $window; border: none; padding: 1px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 10px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $none; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }

QToolBar { background: $window; border: none; border-bottom: 1px solid $line;
    padding: 4px 8px; spacing: 2px; }
QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $pressed; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton::menu-indicator { image: none; }

QPushButton { background: $raised; border: 1px solid $line; border-radius: 5px;
    padding: 5px 12px; min-height: 16px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $none; }
QPushButton[kind="primary"] { background: $accent; border: 1px solid $accent; color: $on_accent; }
QPushButton[kind="primary"]:disabled { background: $raised; border: 1px solid $line; color: $none; }
QPushButton[kind="primary"]:focus { border: 1px solid $text; }
QPushButton[kind="quiet"] { background: transparent; border: 1px solid transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border: 1px solid $accent; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $link;
    padding: 1px 0; text-align: left; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 1px solid $accent; }

QToolButton[kind="field"] { background: $base; border: 1px solid $line; color: $faint;
    padding: 4px 10px; margin-left: 4px; }
QToolButton[kind="field"]:hover { color: $text; }
QToolButton[kind="small"] { padding: 1px; }
QPushButton[kind="status"] { background: transparent; border: 1px solid transparent;
    color: $problem; padding: 1px 6px; }
QPushButton[kind="status"]:hover { background: $hover; }
QPushButton[kind="status"]:focus { border: 1px solid $accent; }

QLineEdit { background: $base; border: 1px solid $line; border-radius: 5px; padding: 4px 7px;
    selection-background-color: $selection; selection-color: $text; }
QLineEdit:focus { border: 1px solid $accent; }
QComboBox { background: $base; border: 1px solid $line; border-radius: 5px; padding: 4px 7px; }
QComboBox:focus { border: 1px solid $accent; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url("$controls/down-$variant.svg"); width: 12px; height: 12px; }
QCheckBox { spacing: 6px; }
QCheckBox::indicator, QListView::indicator { width: 14px; height: 14px;
    border: 1px solid $none; border-radius: 3px; background: $base; }
QCheckBox::indicator:checked, QListView::indicator:checked {
    background: $accent; border: 1px solid $accent;
    image: url("$controls/tick-$variant.svg"); }
QCheckBox::indicator:focus, QCheckBox::indicator:hover { border: 1px solid $accent; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $pressed; }
QSlider::sub-page:horizontal { border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
    background: $raised; border: 1px solid $none; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { border: 2px solid $accent; }

QTabBar { qproperty-drawBase: 0; background: $window; }
QTabBar::tab { background: transparent; color: $faint; border: none;
    border-bottom: 2px solid transparent; padding: 6px 9px 5px 9px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar:focus { outline: none; }
QTabBar::tab:selected:focus { background: $selection; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }

QDockWidget { titlebar-close-icon: none; color: $faint; }
QAbstractScrollArea { background: $base; border: none; }
QHeaderView { background: $base; }
QHeaderView::section { background: $base; color: $faint; border: none;
    border-bottom: 1px solid $line; padding: 4px 6px; }
QTableView, QTreeView, QListView { background: $base; border: none; outline: none;
    selection-background-color: $selection; selection-color: $text; gridline-color: $line; }
QTableView::item { padding: 0 3px; }
QListView::item { padding: 2px; border-radius: 4px; }

QAbstractScrollArea[surface="raised"], QAbstractScrollArea[surface="raised"] > QWidget > QWidget {
    background: $raised; }

QAbstractScrollArea[focus="framed"] { border: 1px solid transparent; }
QAbstractScrollArea[focus="framed"]:focus { border: 1px solid $accent; }
QTextBrowser[surface="raised"] { background: $raised; }

QAbstractScrollArea::corner { background: $base; border: none; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: $pressed; border-radius: 3px; margin: 2px; min-height: 28px;
    min-width: 28px; }
QScrollBar::handle:hover { background: $none; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QStatusBar { background: $window; border-top: 1px solid $line; color: $faint; }
QStatusBar::item { border: none; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 5px 7px; }

/* A font given by setFont is lost when a dock moves its widgets to another window. */
*[face="mono"] { font-family: "$mono"; font-size: 12px; }
*[face="path"] { font-family: "$mono"; font-size: 13px; }
*[face="small"] { font-size: 11px; }
*[face="heading"] { font-weight: 600; }
*[face="title"] { font-size: 17px; font-weight: 600; }

QLabel[tone="faint"], QFrame[tone="faint"] { color: $faint; }
QLabel[surface="picture"] { border: 1px solid $line; }
QLabel[surface="key"] { background: $window; border: 1px solid $line; border-radius: 4px;
    padding: 1px 6px; color: $text; }
QLabel[tone="problem"], QFrame[tone="problem"] { color: $problem; }
QLabel[tone="accent"] { color: $accent; }
QFrame[surface="card"] { background: $raised; border: 1px solid $line; border-radius: 8px; }
QFrame[surface="base"], QWidget[surface="base"] { background: $base; }
QFrame[surface="code"] { background: $window; border: 1px solid $line; border-radius: 5px; }
QFrame[surface="line"] { background: $line; border: none; }
QPlainTextEdit, QTextEdit { background: $base; border: none;
    selection-background-color: $selection; selection-color: $text; }
""")


_STILL = "\nQWidget { widget-animation-duration: 0; }\n"


def stylesheet(colors: dict[str, str], variant: str, *, is_still: bool) -> str:
    """Return the style sheet in `colors`, by role; `variant` is "light" or "dark".

    With `is_still` the style tells every widget that asks that animations last no time.
    """
    plain = {role: color for role, color in colors.items() if "." not in role}
    controls = asset("controls").as_posix()
    sheet = _SHEET.substitute(plain, controls=controls, variant=variant, mono=MONO)
    return sheet + _STILL if is_still else sheet
