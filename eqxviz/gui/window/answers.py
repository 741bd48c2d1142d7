"""What the window does when the session asks for a view, or has done something that none shows."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction

from eqxviz.gui.window.status_line import StatusLine
from eqxviz.session.formatting import n_bytes
from eqxviz.session.session import Session


class Answers:
    """Brings views to the front with `show_view`, and says in a line what was done.

    `compares` is the action that compares with the snapshot that was taken last.
    """

    def __init__(
        self,
        session: Session,
        status_line: StatusLine,
        compares: QAction,
        show_view: Callable[[str], None],
    ) -> None:
        self._session = session
        self._status_line = status_line
        self._compares = compares
        self._show_view = show_view
        self._n_snapshots = 0
        session.graph_asked.connect(self._on_graph_asked)
        session.comparison_asked.connect(self._on_comparison_asked)
        session.comparison_changed.connect(self._on_comparison_changed)
        session.filter_asked.connect(self._on_filter_asked)

    def close(self) -> None:
        """Listen no longer."""
        session = self._session
        session.graph_asked.disconnect(self._on_graph_asked, missing_ok=True)
        session.comparison_asked.disconnect(self._on_comparison_asked, missing_ok=True)
        session.comparison_changed.disconnect(self._on_comparison_changed, missing_ok=True)
        session.filter_asked.disconnect(self._on_filter_asked, missing_ok=True)

    def export(self, path: str) -> None:
        """Write the model to a file, and say so once it is there."""
        from eqxviz.session.export import export_opened

        say_written = self._status_line.say_written
        export_opened(self._session, path, lambda why_not: say_written(Path(path), why_not))

    def _on_graph_asked(self) -> None:
        self._show_view("graph")

    def _on_filter_asked(self) -> None:
        self._show_view("filter")

    def _on_comparison_asked(self) -> None:
        self._show_view("compare")

    def _on_comparison_changed(self) -> None:
        """Say that a snapshot was taken: nothing else shows it, unless its view is in front."""
        snapshots, n_before = self._session.comparison.sides.snapshots, self._n_snapshots
        self._n_snapshots = len(snapshots)
        if len(snapshots) > n_before:
            words = f"Kept {snapshots[-1].title} ({n_bytes(snapshots[-1].n_bytes)})"
            key = self._compares.shortcut().toString()
            self._status_line.say(f"{words}. {key} compares with it.")
