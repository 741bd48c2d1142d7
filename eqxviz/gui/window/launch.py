"""From a command to a window on the screen."""

import os
import signal
import socket

from PySide6.QtCore import QSocketNotifier
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from eqxviz.gui.bridge import Bridge
from eqxviz.gui.settings import REDUCED_MOTION, THEME, Settings
from eqxviz.gui.theme import Theme, asset
from eqxviz.gui.window.faults import catch_faults
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.gui.window.thrift import Thrift
from eqxviz.session.command import WindowCommand
from eqxviz.session.session import Session


def start(command: WindowCommand) -> int:
    """Show the window that `command` asks for and return the process's exit code once it closed.

    The window is painted before anything else is loaded or started.
    """
    if command.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QApplication(["eqxviz"])
    app.setApplicationName("eqxviz")
    app.setDesktopFileName("eqxviz")
    # What nobody's hand did to a window must not change how the user's next one looks.
    is_unattended = command.offscreen or command.kind == "demo"
    settings = Settings(on_disk=not is_unattended)
    theme = Theme(settings[THEME], is_still=settings[REDUCED_MOTION])
    theme.apply(app)
    bridge = Bridge()
    session = Session(bridge.post)
    catch_faults(session, bridge)
    window = MainWindow(session, theme, settings)
    interrupts = _close_on_interrupt(window)
    thrift = Thrift(session, window)
    conductor = None

    def begin() -> None:
        nonlocal conductor
        session.start()
        from eqxviz.gui.window.conductor import conduct

        app.setWindowIcon(QIcon(str(asset("eqxviz.svg"))))
        conductor = conduct(command, window)
        window.complete()

    window.first_painted.connect(begin)
    window.show()
    code = app.exec()
    interrupts.setEnabled(False)
    thrift.close()
    return code


def _close_on_interrupt(window: MainWindow) -> QSocketNotifier:
    """Close `window` on Ctrl+C in its terminal and on SIGTERM; a run that it started is stopped.

    Python's signal handlers run between byte codes, of which Qt's event loop has none: the wakeup
    socket brings it back to Python.
    """
    near, far = socket.socketpair()
    for end in (near, far):
        end.setblocking(False)
    signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        # A run that this window did not start is not ended by its end.
        signal.signal(number, lambda _number, _frame: window.finish(window.session.launch is None))
    notifier = QSocketNotifier(near.fileno(), QSocketNotifier.Type.Read, window)
    notifier.activated.connect(lambda: near.recv(64))
    notifier.destroyed.connect(lambda: (near.close(), far.close()))
    return notifier
