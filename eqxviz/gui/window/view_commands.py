"""What the actions do that are a view's own: the view comes to the front, and does it."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter

from PySide6.QtWidgets import QApplication, QWidget

from eqxviz.gui.window.views import ViewPlace
from eqxviz.session.actions import ACTIONS

# The methods of views that actions call, on the way to them from the view.
_METHODS = {
    "graph.compare": ("graph", "below.choose"),
    "graph.text": ("graph", "beside.toggle"),
    "graph.lower": ("graph", "beside.show_lowered"),
    "tree.source": ("tree", "nodes.show_class"),
    "tree.edit": ("tree", "nodes.edit_class"),
    "tree.next_place": ("tree", "nodes.go_to_next_place"),
    "tree.columns": ("tree", "nodes.choose_columns"),
    "tree.only_found": ("tree", "finding.switch_only"),
    "system.copy": ("system", "copy"),
}
# Views that take all actions of a group by their names.
_GROUPS = {"Curves": ("curves", "commands.do"), "Kept runs": ("runs", "acts.do")}
_SEARCHES = {
    "go.search": ("focus_search",),
    "go.search_next": ("search_next", 1),
    "go.search_previous": ("search_next", -1),
}


class ViewCommands:
    """Hands actions on to the views, which are made for it where they are not there yet.

    `in_front` tells the name of the view in front, "" if it is the start page.
    """

    def __init__(
        self,
        place: Callable[[str], ViewPlace],
        show: Callable[[str], None],
        in_front: Callable[[], str],
    ) -> None:
        self._place = place
        self._show = show
        self._in_front = in_front

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what carries out each of these actions."""
        return {
            **{name: partial(self._do, view, way) for name, (view, way) in _METHODS.items()},
            **{
                action.name: partial(self._do, *_GROUPS[action.group], action.name.split(".")[1])
                for action in ACTIONS
                if action.group in _GROUPS
            },
            **{name: partial(self._search, *called) for name, called in _SEARCHES.items()},
        }

    def _do(self, view: str, way: str, *arguments: object) -> None:
        # One in front stays as it is: what has the keyboard in it says which plot or row is meant.
        if self._in_front() != view:
            self._show(view)
        attrgetter(way)(self._place(view).build())(*arguments)

    def _search(self, method: str, *arguments: int) -> None:
        """Call a search method of the view with the focus, else of the tab in front."""
        widget: QWidget | None = QApplication.focusWidget()
        while widget is not None and not isinstance(widget, ViewPlace):
            widget = widget.parentWidget()
        if widget is None and (name := self._in_front()):
            widget = self._place(name)
        view = widget.view if isinstance(widget, ViewPlace) else None
        if hasattr(view, method):
            getattr(view, method)(*arguments)
