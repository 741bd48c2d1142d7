"""The part of the session that says what is selected, in all views at once."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.opening import is_same_target
from eqxviz.session.problems import Post
from eqxviz.session.seeing import XRayPart
from eqxviz.session.selection import History, Selection

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import OpenedModel


class SelectionPart(XRayPart):
    """The one selection of the window, and the way back to those before it.

    Signals:
        selection_changed: `selection` is another one.
    """

    selection_changed = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self._history = History()
        self._sought: tuple[str, ...] | None = None  # the keys of what is to be selected again
        self.tree_grew.connect(self._seek)

    @property
    def selection(self) -> Selection:
        """What is selected now."""
        return self._history.current

    @property
    def can_go_back(self) -> bool:
        """Whether `back` leads anywhere."""
        return self._history.can_go_back

    @property
    def can_go_forward(self) -> bool:
        """Whether `forward` leads anywhere."""
        return self._history.can_go_forward

    def select(self, selection: Selection) -> None:
        """Select something, and ask for its value if it is a node."""
        self._sought = None
        if self._history.visit(selection):
            self._on_selected()

    def back(self) -> None:
        """Select what was selected before."""
        if self._history.move(-1):
            self._on_selected()

    def forward(self) -> None:
        """Select what `back` came from."""
        if self._history.move(1):
            self._on_selected()

    def _on_selected(self) -> None:
        if self.selection.kind == "node":
            self.ask_value(self.selection.node)
        self.selection_changed.emit()

    def _on_model_replaced(self, before: "OpenedModel | None") -> None:
        super()._on_model_replaced(before)
        selected, sought = self.selection, self._sought
        self._history.clear()
        self._sought = None
        if before is not None and is_same_target(before, self.model):
            from eqxviz.session.paths import keys_to

            if selected.kind == "node":
                self._sought = keys_to(before.tree, selected.node)
            elif selected.kind == "none":
                self._sought = sought
            else:
                self._history.visit(selected)
        elif selected.kind == "source" and self.source is not None and self.source.kind == "run":
            self._history.visit(selected)  # the line of a frame: what is open there came by itself
        self.selection_changed.emit()
        self._seek()

    def _seek(self) -> None:
        """Select again, in another version of its tree, what was selected before."""
        model, sought = self.model, self._sought
        if model is None or sought is None:
            return
        from eqxviz.session.paths import node_with_keys

        node = node_with_keys(model.tree, sought)
        if node >= 0 or model.tree.is_complete:
            self._sought = None
        if node >= 0 and self._history.visit(Selection(kind="node", node=node)):
            self._on_selected()
