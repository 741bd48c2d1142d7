"""What is kept of the plots of each script, in the settings."""

from PySide6.QtCore import QObject, QTimer

from eqxviz.gui.settings import CURVE_PLOTS, Settings
from eqxviz.session.plots.board import Board
from eqxviz.session.plots.remembering import remember, remembered

_REST_MS = 500


class BoardKeeping(QObject):
    """Takes up the plots of a script as they were left, and keeps how they are left."""

    def __init__(self, board: Board, parent: QObject) -> None:
        super().__init__(parent)
        self._board = board
        self._settings: Settings | None = None
        self._script = ""
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.keep)

    def use_settings(self, settings: Settings) -> None:
        """Keep plots in `settings`, from now on."""
        self._settings = settings

    def take_up(self, script: str) -> None:
        """Show the plots of `script`; those of the one before are kept first."""
        settings = self._settings
        if settings is None or script == self._script:
            return
        self.keep()
        self._script = script
        self._board.restore(remembered(settings[CURVE_PLOTS], script))

    def keep_soon(self) -> None:
        """Keep the plots once nothing has changed for a while."""
        self._rest.start()

    def keep(self) -> None:
        """Keep the plots now."""
        settings = self._settings
        if settings is not None and self._script:
            known = settings[CURVE_PLOTS]
            settings[CURVE_PLOTS] = remember(known, self._script, self._board.saved())
