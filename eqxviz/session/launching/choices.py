"""What there is to choose from for a launch: interpreters, and the devices of one of them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.engine.interpreters import Interpreter, interpreters, named
from eqxviz.engine.launch import OWN_PYTHON, Launch, LaunchError
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.engine.devices import Device
    from eqxviz.records import Problem


class Choices:
    """Looks in the background, again where the script or its interpreter is another one.

    Signals:
        changed: Something was found, or is being looked for.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: tuple[str, str] | None = None  # the script and folder that were looked at
        self._named: dict[str, Interpreter | str | None] = {}  # why not; None: being looked at
        self._by_python: dict[str, tuple[Device, ...] | str] = {}
        self._is_looking_at = ""  # the interpreter whose devices are being looked for
        self.interpreters: list[Interpreter] = []  # the first is taken if none is named
        self.is_looking = False

    def look(self, launch: Launch) -> None:
        """Find the interpreters for `launch`, also the one it names, unless that was done."""
        self._look_at_named(launch.python)
        asked = launch.file, str(launch.working_folder)
        if asked == self._asked:
            return
        self._asked = asked
        self.is_looking = True
        self.changed.emit()

        def done(found: list[Interpreter]) -> None:
            if asked == self._asked:
                self.is_looking = False
                self.interpreters = found
                self.changed.emit()

        self._session.in_background(lambda: interpreters(launch), done)

    def interpreter(self, launch: Launch) -> Interpreter | None:
        """Return what `launch` runs in, as far as it was found."""
        wanted = launch.python
        looked_at = self._named.get(wanted)
        if isinstance(looked_at, Interpreter):
            return looked_at
        for python in self.interpreters:
            is_named = wanted in (python.path, _folder(python.path))
            if is_named or not wanted or (wanted == OWN_PYTHON and python.is_own):
                return python
        return None

    def look_for_devices(self, launch: Launch) -> None:
        """Ask the JAX of its interpreter, unless that was done or is being done."""
        python = self.interpreter(launch)
        if python is None or python.path in self._by_python or self._is_looking_at:
            return
        path = self._is_looking_at = python.path

        def answered(found: "tuple[Device, ...] | Problem") -> None:
            self._is_looking_at = ""
            self._by_python[path] = found if isinstance(found, tuple) else found.why
            self.changed.emit()

        self.changed.emit()
        self._session.engine.list_devices(answered, replace(launch, python=path))

    def devices(self, launch: Launch) -> "tuple[Device, ...]":
        """Return the devices that were found by its interpreter."""
        found = self._found(launch)
        return found if isinstance(found, tuple) else ()

    def devices_note(self, launch: Launch) -> str:
        """Return that they are being looked for, or why there are none; "" otherwise.

        One that is named and was not found is told as well: JAX would go on with the CPU.
        """
        if self._is_looking_at:
            return "Looking for devices…"
        found = self._found(launch)
        if isinstance(found, str):
            return found
        return missed(launch.device, found) if launch.device and found is not None else ""

    def python_note(self, launch: Launch) -> str:
        """Return in words what the script will run in."""
        python = self.interpreter(launch)
        if python is not None:
            return f"{python.path}: {python.words}"
        return "Looking for environments…" if self.is_looking else ""

    def python_error(self, launch: Launch) -> str:
        """Return what is wrong with the interpreter that `launch` names, "" if that is nothing."""
        looked_at = self._named.get(launch.python)
        return looked_at if isinstance(looked_at, str) else ""

    def _look_at_named(self, python: str) -> None:
        if not python or python == OWN_PYTHON or python in self._named:
            return
        self._named[python] = None

        def look() -> Interpreter | str:
            try:
                return named(python)
            except LaunchError as error:
                return f"{str(error)[:1].upper()}{str(error)[1:]}."

        def done(found: Interpreter | str) -> None:
            self._named[python] = found
            self.changed.emit()

        self._session.in_background(look, done)

    def _found(self, launch: Launch) -> "tuple[Device, ...] | str | None":
        python = self.interpreter(launch)
        return None if python is None else self._by_python.get(python.path)


def missed(device: str, found: "tuple[Device, ...]") -> str:
    """Return that `device` is not among those `found`, "" if it is."""
    kind, _, index = device.partition(":")
    gpus = [each.name for each in found if each.name != "cpu"]
    if kind == "cpu" or (gpus and (not index or f"cuda:{index}" in gpus)):
        return ""
    if not gpus:
        return "JAX finds no GPU there, and would go on with the CPU."
    return f"JAX finds no {device} there, but {', '.join(gpus)}."


def _folder(python: str) -> str:
    """Return the folder of the environment that an interpreter belongs to."""
    return python.removesuffix("/bin/python")
