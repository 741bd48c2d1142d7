"""PNG pictures of the real window."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.main_window import MainWindow

_THEMES = ("light", "dark")


def take_picture(window: MainWindow, path: Path) -> None:
    """Write the window, as it is, to `path`.

    Raises:
        OSError: If the file cannot be written.
    """
    QApplication.processEvents()
    window.grab()  # what was never painted is laid out by that, and finds its place with the events
    QApplication.processEvents()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not window.grab().save(str(path), "PNG"):
        raise OSError(f"the picture {path} could not be written; is there room, and the right to?")


def take_pictures(window: MainWindow, folder: Path, name: str) -> list[Path]:
    """Write the window in light and in dark to `folder`, and return the two files.

    Raises:
        OSError: If a file cannot be written.
    """
    theme: Theme = window.theme
    before = theme.mode
    written: list[Path] = []
    for mode in _THEMES:
        theme.set_mode(mode)
        path = folder / f"{name}-{mode}.png"
        take_picture(window, path)
        written.append(path)
    theme.set_mode(before)
    return written
