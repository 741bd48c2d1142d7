"""What can be done with the selected runs: the actions of buttons and of the menu."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.launching.command_line import command_line
from eqxviz.session.runs.kept_runs import KeptRuns
from eqxviz.store import RunSummary

_IN_MENU = (
    *("open", "over", "apart", "", "export", "again", "copy_id", "copy_command", "", "delete"),
)
_WHY_NOT = {
    "over": "Select the runs whose curves are to be drawn first",
    "apart": "No other runs' curves are drawn",
    "delete": "Select runs that have ended first",
}


class RunActs(QObject):
    """Acts on the runs that `selected` returns, from the top of the table.

    Signals:
        curves_asked: Curves of several runs are drawn over each other, and are to be seen.
        export_asked: The runs are to be exported; the user is to say how.
        deletion_asked: The runs are to be deleted; the user is to be asked.
        refused: Why something cannot be done with the runs that are selected.
    """

    curves_asked = Signal()
    export_asked = Signal(list)
    deletion_asked = Signal(list)
    refused = Signal(str)

    def __init__(
        self,
        runs: KeptRuns,
        theme: Theme,
        selected: Callable[[], list[RunSummary]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._runs = runs
        self._selected = selected
        self._view = parent
        self.q: dict[str, QAction] = {}
        for name, words, icon, act in (
            ("open", "Show this run", "mdi6.eye-outline", self._open),
            ("over", "Draw the curves over each other", "mdi6.layers-outline", self._draw_over),
            ("apart", "Draw no other runs' curves", "mdi6.layers-off-outline", self._draw_alone),
            ("export", "Export", "mdi6.export", self._ask_export),
            ("again", "Run it again in the same way", "mdi6.replay", self._run_again),
            ("copy_id", "Copy the id", "mdi6.content-copy", self._copy_id),
            ("copy_command", "Copy the command", "mdi6.console", self._copy_command),
            ("delete", "Delete", "mdi6.trash-can-outline", self.ask_deletion),
            ("refresh", "Read the list anew", "mdi6.refresh", runs.refresh),
        ):
            action = QAction(theme.icon(icon, "faint"), words, self)
            action.triggered.connect(act)
            self.q[name] = action

    def do(self, name: str) -> None:
        """Do what the action of that name does, as far as the selected runs allow it."""
        self.follow()
        if self.q[name].isEnabled():
            self.q[name].trigger()
        else:
            self.refused.emit(_WHY_NOT.get(name, "Select a run in the list first"))

    def follow(self) -> None:
        """Offer what can be done with the runs that are selected now."""
        selected = self._selected()
        n, is_live = len(selected), any(run.is_live for run in selected)
        can = {
            "open": n == 1, "again": n == 1, "copy_command": n == 1, "copy_id": n > 0,
            "over": n > 1 or (n == 1 and selected[0].id != self._runs.shown_id),
            "apart": bool(self._runs.overlaid), "export": n > 0, "delete": n > 0 and not is_live,
        }  # fmt: skip
        for name, is_on in can.items():
            self.q[name].setEnabled(is_on)

    def ask_deletion(self) -> None:
        """Ask to delete the selected runs, unless one of them goes on."""
        if self.q["delete"].isEnabled() and (selected := self._selected()):
            self.deletion_asked.emit(selected)

    def show_menu(self, at: QPoint) -> None:
        """Offer all of it in a menu at a place of the screen."""
        menu = QMenu(self._view)
        menu.aboutToHide.connect(menu.deleteLater)
        for name in _IN_MENU:
            if name:
                menu.addAction(self.q[name])
            else:
                menu.addSeparator()
        menu.popup(at)

    def _open(self) -> None:
        for run in self._selected()[:1]:
            self._runs.open(run.id)

    def _draw_over(self) -> None:
        """Draw the curves of the selected runs over each other, and those of no others."""
        ids = [run.id for run in self._selected()]
        if not self._runs.shown_id and ids:
            self._runs.open(ids.pop(0))
        self._runs.overlay(ids)
        self.curves_asked.emit()

    def _draw_alone(self) -> None:
        self._runs.overlay([])

    def _ask_export(self) -> None:
        if selected := self._selected():
            self.export_asked.emit(selected)

    def _run_again(self) -> None:
        for run in self._selected()[:1]:
            self._runs.run_again(run.id)

    def _copy_id(self) -> None:
        QApplication.clipboard().setText("\n".join(run.id for run in self._selected()))

    def _copy_command(self) -> None:
        for run in self._selected()[:1]:
            self._runs.tell_launch(
                run.id, lambda launch: QApplication.clipboard().setText(command_line(launch))
            )
