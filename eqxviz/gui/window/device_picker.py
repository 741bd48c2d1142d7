"""Where the next run goes."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from eqxviz.engine.launch import Launch
from eqxviz.session import formatting
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.engine.devices import Device
    from eqxviz.records import Problem

_AUTO = "auto"


class DevicePicker(QToolButton):
    """A button with the devices that the JAX of the next run finds.

    They are looked for when it is opened, again where that is another script or interpreter.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._devices: tuple[Device, ...] | None = None
        self._looked_for: tuple[str, str] | None = None  # the script and the interpreter
        self._is_looking = False
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("Where the next run goes")
        menu = QMenu("Device of the next run", self)
        menu.aboutToShow.connect(self._look)
        self.setMenu(menu)
        self._fill()
        self.refresh()

    def refresh(self) -> None:
        """Say what is chosen."""
        chosen = self._session.device or _AUTO
        self.setText(f"Device: {chosen}")
        self.setAccessibleName(f"Device of the next run: {chosen}")

    def _look(self) -> None:
        session, launch = self._session, self._session.launch
        if launch is None and session.source is not None and session.source.script:
            launch = Launch(session.source.script)
        wanted = (launch.file, launch.python) if launch is not None else ("", "")
        is_known = self._devices is not None and wanted == self._looked_for
        if not is_known and not self._is_looking:
            self._is_looking = True
            self._looked_for = wanted
            session.engine.list_devices(self._on_devices, launch)
            self._fill()

    def _on_devices(self, found: "tuple[Device, ...] | Problem") -> None:
        self._is_looking = False
        if isinstance(found, tuple):
            self._devices = found
        else:
            self._session.report(found)
        self._fill()

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        group = QActionGroup(menu)
        choices: list[tuple[str | None, str]] = [(None, f"{_AUTO}  –  as JAX chooses")]
        for device in self._devices or ():
            size = f", {formatting.n_bytes(device.n_bytes)}" if device.n_bytes else ""
            choices.append((device.name, f"{device.name}  –  {device.kind}{size}"))
        known = {name for name, _ in choices}
        if self._session.device not in known and self._session.device is not None:
            choices.append((self._session.device, self._session.device))
        for name, words in choices:
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(name == self._session.device)
            action.triggered.connect(lambda _on, name=name: self._on_chosen(name))
            group.addAction(action)
        if self._is_looking:
            menu.addAction("Looking for devices…").setEnabled(False)

    def _on_chosen(self, device: str | None) -> None:
        self._session.device = device
        self.refresh()
