"""The form of a launch in the window: what it is opened with, and where it leads."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import Recent, from_text
from eqxviz.gui.settings import RECENT_LAUNCHES, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.centre import Centre
from eqxviz.gui.window.opening import Opener
from eqxviz.session.launching.form import Filled, for_script
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.gui.launch import LaunchPage


class Launching(QObject):
    """Opens the form over the middle of the window, and puts back what was there before."""

    def __init__(
        self, session: Session, theme: Theme, settings: Settings, opener: Opener, centre: Centre
    ) -> None:
        super().__init__(centre)
        self._session, self._theme, self._settings = session, theme, settings
        self._opener, self._centre = opener, centre
        self.page: LaunchPage | None = None  # made when it is first asked for
        opener.script_chosen.connect(self.open_script)

    def open_script(self, path: str) -> None:
        """Open the form for a file, as it was run last."""
        last = next((r for r in self._recents() if r.launch.file == path), None)
        if last is not None:
            self.open_recent(last)
        else:
            self._open(for_script(path, _working_folder(path), None, self._session.device))

    def open_recent(self, recent: Recent) -> None:
        """Open the form for what was run before."""
        self._open(Filled.of(recent), recent.forgotten)

    def open_current(self) -> None:
        """Open the form for what runs or ran, else for the file that is open."""
        session = self._session
        launch, run = session.launch, session.run
        if launch is not None:
            self._open(for_script(launch.script, launch.folder, launch, session.device))
        elif run is not None:
            self._open(Filled.of(Recent(Launch(run.script, run.argv).anchored(), ())))
        elif session.source is not None and session.source.script:
            self.open_script(session.path)
        else:
            self._open(Filled())

    def _open(self, filled: Filled, forgotten: tuple[str, ...] = ()) -> None:
        page, kept = self._page(), filled.script in self._session.kept_scripts
        page.fill(replace(filled, keep_calls=filled.keep_calls or kept), self._recents(), forgotten)
        self._centre.show_over(page)
        first = page.arguments if filled.script else page.script
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _page(self) -> "LaunchPage":
        if self.page is None:
            from eqxviz.gui.launch import LaunchPage

            page = self.page = LaunchPage(self._session, self._theme, self._centre)
            page.closed.connect(self._centre.uncover)
            page.run_wanted.connect(self._run)
            page.script_browsed.connect(lambda: self._opener.ask_script_for(page.set_script))
            page.folder_browsed.connect(
                lambda: self._opener.ask_folder("Working directory", page.set_folder)
            )
            page.python_browsed.connect(
                lambda: self._opener.ask_folder("Environment of Python", page.set_python)
            )
        return self.page

    def _run(self, launch: Launch) -> None:
        """Run what was filled in; what it says of keeping calls is remembered for the script."""
        self._session.remember_keeping(launch.anchored().place, launch.keep_calls)
        self._opener.run(launch)

    def _recents(self) -> list[Recent]:
        kept = (from_text(text) for text in self._settings[RECENT_LAUNCHES])
        return [recent for recent in kept if recent is not None]


def _working_folder(script: str) -> str:
    """Return where a script is run if nobody says: here, if that holds it, else beside it."""
    here = Path.cwd()
    beside = Path(script).parent
    return str(here if beside.is_relative_to(here) else beside)
