"""The demonstration in a window: it says what it does, and takes pictures of it."""

import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from eqxviz.gui.window.main_window import MainWindow
from eqxviz.gui.window.pictures import take_pictures
from eqxviz.session.command import WindowCommand
from eqxviz.session.demo import Demo
from eqxviz.session.selection import Selection

_FOLDER = "eqxviz-demo"
_LOOK_MS = 1500  # for the views to settle, and for eyes to follow


class WindowDemo(QObject):
    """Shows each stage that the session's demo reaches, in light and dark.

    With a display the window stays open afterwards; without one the process ends, with 1 if
    something went wrong.
    """

    def __init__(self, command: WindowCommand, window: MainWindow) -> None:
        super().__init__(window)
        self._command = command
        self._window = window
        self._folder = Path(command.screenshot).parent if command.screenshot else Path(_FOLDER)
        self._demo = Demo(window.session)
        self._demo.waits = True
        self._demo.said.connect(self._on_said)
        self._demo.reached.connect(self._on_reached)
        self._demo.finished.connect(self._on_finished)
        self._could_write = True
        if command.exit_after is not None:
            QTimer.singleShot(round(command.exit_after * 1000), self, self._end)

    def _on_said(self, words: str) -> None:
        print(words, flush=True)

    def _on_reached(self, stage: str) -> None:
        self._window.show_view("graph" if stage == "graph" else "curves")
        model = self._window.session.model
        if stage == "graph" and model is not None:
            # The largest array with two axes: its values make a histogram and a heat map.
            shapes = ((node, model.tree.shape(node)) for node in range(len(model.tree)))
            matrices = [node for node, shape in shapes if shape is not None and len(shape) == 2]
            if matrices:
                node = max(matrices, key=lambda n: int(model.tree.n_params[n]))
                self._window.session.select(Selection(kind="node", node=node))
        QTimer.singleShot(_LOOK_MS, self, lambda: self._on_looked(stage))

    def _on_looked(self, stage: str) -> None:
        self._take_pictures(stage)
        if stage == "graph":
            self._demo.go_on()

    def _on_finished(self) -> None:
        # After the last stage was looked at, and its pictures were taken.
        QTimer.singleShot(2 * _LOOK_MS, self, self._on_all_seen)

    def _on_all_seen(self) -> None:
        if not self._demo.failed:
            for stage, view in (("step", "graph"), ("compile", "compile")):
                self._window.show_view(view)
                self._take_pictures(stage)
        if self._command.offscreen and self._command.exit_after is None:
            self._end()

    def _take_pictures(self, stage: str) -> None:
        try:
            for path in take_pictures(self._window, self._folder, stage):
                print(f"Wrote {path}", flush=True)
        except OSError as error:
            self._could_write = False
            print(f"eqxviz: {error}", file=sys.stderr)

    def _end(self) -> None:
        self._window.finish(leave_run=False)
        QApplication.exit(0 if self._could_write and not self._demo.failed else 1)
