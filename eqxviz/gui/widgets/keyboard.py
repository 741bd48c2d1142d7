"""Where the keyboard goes: into a compound widget, and on from one widget to the next."""

import itertools
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QWidget


def hand_focus_on(widget: QWidget, target: Callable[[], QWidget]) -> None:
    """Let `target()`, something within `widget`, have the keyboard when `widget` is given it.

    A focus proxy does that too, but Tab stops at whatever has one: coming to `widget` from what is
    in it, it would be led back to the proxy, and never get past it.
    """
    widget.installEventFilter(_Handing(widget, target))


def tab_in_turn(*widgets: QWidget) -> None:
    """Let Tab go through `widgets` in this order; through what is in one as it was made."""
    stops = [stop for widget in widgets for stop in tab_stops(widget)]
    for one, next_one in itertools.pairwise(stops):
        QWidget.setTabOrder(one, next_one)


def tab_stops(widget: QWidget) -> list[QWidget]:
    """Return where Tab stops within `widget`: at itself, or at what it holds."""
    found = [widget] if _is_stop(widget) else widget.findChildren(QWidget)
    window = widget.window()  # a menu is one of its own
    return [stop for stop in found if _is_stop(stop) and stop.window() is window]


def _is_stop(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


class _Handing(QObject):
    def __init__(self, widget: QWidget, target: Callable[[], QWidget]) -> None:
        super().__init__(widget)
        self._target = target

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.gotFocus():
            self._target().setFocus(event.reason())
        return super().eventFilter(watched, event)
