"""The filter playground: build a spec, and see both halves of `partition` live."""

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence, QShowEvent
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from eqxviz.gui.filters.builder import SpecBuilder
from eqxviz.gui.filters.code_panel import CodePanel
from eqxviz.gui.filters.doubts import Doubts
from eqxviz.gui.filters.halves import HalvesPane
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack, hand_focus_on
from eqxviz.records import ModelTree
from eqxviz.session.filters.filter_spec import EXCLUDE, INCLUDE, USUAL
from eqxviz.session.filters.predicates import Predicate
from eqxviz.session.outline.outline import Outline
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_EMPTY = (
    "No model to split",
    "Open a model: then choose which leaves are trained, see both halves of partition, and copy "
    "the filter as Python.",
)
_CUT_OFF = (
    "The model was not read to its end",
    "A filter is about all of its leaves: reload the model.",
)
_RULES_HERE = (
    ("Include", INCLUDE),
    ("Exclude", EXCLUDE),
    ("Floating-point arrays only", USUAL),
    ("Arrays only", Predicate("is_array")),
    ("Matrices only: rank 2 or more", Predicate("rank", "2")),
)


class FilterView(QWidget):
    """The spec above, both halves in the middle, its Python below. Hidden, it does nothing."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown_code = ""
        self.playground = session.playground
        self.builder = SpecBuilder(self.playground, theme, self)
        self.doubts = Doubts(theme, self)
        self.halves = HalvesPane(theme, self)
        self.code = CodePanel(theme, self)
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.filter-outline",
            title=_EMPTY[0],
            text=_EMPTY[1],
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        self._add_key("Undo", QKeySequence("Ctrl+Z"), self.playground.undo)
        self._add_key("Redo", QKeySequence("Ctrl+Shift+Z"), self.playground.redo)
        hand_focus_on(self, lambda: self.halves)
        self._connect(theme)
        self._on_model_changed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_model_changed()

    def _filled(self) -> QWidget:
        top = QWidget(self)
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.builder)
        column.addWidget(self.doubts)
        column.addWidget(self.halves, 1)
        filled = self._splitter = QSplitter(Qt.Orientation.Vertical, self)
        filled.setProperty("surface", "base")
        filled.setChildrenCollapsible(False)
        filled.setHandleWidth(1)
        filled.addWidget(top)
        filled.addWidget(self.code)
        filled.setStretchFactor(0, 3)
        filled.setStretchFactor(1, 1)
        filled.setSizes([520, 190])
        return filled

    def _add_key(self, title: str, key: QKeySequence, work: object) -> None:
        action = QAction(title, self)
        action.setShortcut(key)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(work)
        self.addAction(action)

    def _connect(self, theme: Theme) -> None:
        session, playground = self._session, self.playground
        session.model_changed.connect(self._on_model_changed)
        session.tree_grew.connect(self._on_model_changed)
        session.selection_changed.connect(self._on_selection_changed)
        playground.changed.connect(self._on_playground_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self.builder.refused.connect(self.doubts.refuse)
        self.builder.node_wanted.connect(self.halves.show_node)
        self.doubts.node_wanted.connect(self.halves.show_node)
        self.halves.moved.connect(playground.toggle)
        self.halves.selected.connect(self._on_row_selected)
        self.halves.menu_wanted.connect(self._on_menu)
        self.code.chosen.connect(playground.show_code)
        self.stack.cancelled.connect(self._on_cancelled)
        self.stack.retried.connect(session.reload)
        self.stack.place_clicked.connect(self._on_place_clicked)

    def _on_model_changed(self) -> None:
        session = self._session
        is_incomplete = session.model is not None and not session.model.tree.is_complete
        match session.model_state:
            case "working":
                self.stack.show_working(f"Opening {Path(session.path).name}")
            case "failed" if session.model_problem is not None:
                self.stack.show_failed(session.model_problem)
            case "filled" if is_incomplete and session.is_growing:
                self.stack.show_working("Reading the model")
            case "filled" if is_incomplete:
                self.stack.show_empty(*_CUT_OFF)
            case "filled" if self.isVisible():
                self.playground.follow()
                if self.playground.is_settling:
                    self.stack.show_working("Reading the model")
                self._on_playground_changed()
            case "filled":
                self.stack.show_filled()  # with what, is seen to when it is shown
            case _:
                self.stack.show_empty(*_EMPTY)

    def _on_playground_changed(self) -> None:
        playground, order, model = self.playground, self.playground.order, self._session.model
        if order is None or model is None or self._session.model_state != "filled":
            return
        if not self.isVisible():
            return
        if order.tree is not model.tree:
            return
        outline = self.halves.outline
        if outline is None or outline.tree is not order.tree:
            self.halves.show_outline(_outline(order.tree, outline))
        self.halves.show_split(playground.split)
        self.doubts.show_playground(playground)
        self.builder.refresh()
        self.code.show_code(playground.code_name, playground.code())
        if playground.code_name != "spec" and playground.code_name != self._shown_code:
            self._make_room_for_code()
        self._shown_code = playground.code_name
        if playground.is_working and playground.spec != getattr(playground.split, "spec", None):
            self.stack.show_working("Running the filter's code")
        else:
            self.stack.show_filled()
        self._on_selection_changed()

    def _make_room_for_code(self) -> None:
        """Give a training step, which is long, nearly half of the height."""
        top, code = self._splitter.sizes()
        if code < 0.4 * (top + code):
            self._splitter.setSizes([round(0.55 * (top + code)), round(0.45 * (top + code))])

    def _on_selection_changed(self) -> None:
        selection, order = self._session.selection, self.playground.order
        node = selection.node if selection.kind == "node" else -1
        if order is None or node >= len(order.tree) or not self.isVisible():
            return
        self.builder.select(node)
        if node >= 0 and node != self.halves.tables[True].current_node():
            self.halves.show_node(node)

    def _on_row_selected(self, node: int) -> None:
        self._session.select(Selection(kind="node", node=node))

    def _on_menu(self, node: int, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        playground = self.playground
        for title, rule in _RULES_HERE:
            action = menu.addAction(title, lambda rule=rule: playground.edit(node, rule))
            action.setEnabled(playground.can_select(node))
        menu.addSeparator()
        freeze = menu.addAction("Freeze this layer", lambda: playground.freeze(node))
        freeze.setEnabled(playground.can_freeze(node))
        menu.addSeparator()
        for depth in (1, 2, 3):
            levels = "1 level" if depth == 1 else f"{depth} levels"
            menu.addAction(f"Unfold {levels}", lambda d=depth: self.halves.expand_to_depth(d))
        menu.popup(at)

    def _on_cancelled(self) -> None:
        if self.playground.is_working:
            self.playground.cancel()
        else:
            self._session.cancel_open()

    def _on_place_clicked(self, file: str, line: int) -> None:
        self._session.select(Selection(kind="source", file=file, line=line))


def _outline(tree: ModelTree, before: Outline | None) -> Outline:
    """Return the rows of `tree`; another version of the same model is unfolded alike."""
    outline = Outline(tree)
    if before is not None:
        outline.keep_expansion_of(before)
    return outline


def _disconnect(session: Session, view: FilterView) -> None:
    session.model_changed.disconnect(view._on_model_changed, missing_ok=True)
    session.tree_grew.disconnect(view._on_model_changed, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.playground.changed.disconnect(view._on_playground_changed, missing_ok=True)
