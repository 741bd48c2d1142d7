"""The form of a launch: one page, on which Enter runs and Escape leads back."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from eqxviz.engine.launch import DEBUG_FLAGS, OWN_PYTHON, available_cores
from eqxviz.engine.recent import Recent
from eqxviz.gui.launch.checkpoints import Checkpoints
from eqxviz.gui.launch.fields import (
    CommandLine,
    Flags,
    Rows,
    Variables,
    beside,
    button,
    choice,
    editable,
    line,
    small,
)
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Chooser, hand_focus_on, tab_in_turn
from eqxviz.session import formatting
from eqxviz.session.launching.choices import Choices
from eqxviz.session.launching.command_line import command_line, launch_words
from eqxviz.session.launching.form import Filled, Reading, read
from eqxviz.session.session import Session

_WIDTH = 860
_MARGIN, _NARROW_MARGIN = 32, 16
_NARROW = 600  # pixels: there the labels are above the fields
_LEFT_ALONE = "As JAX chooses"


class LaunchPage(QWidget):
    """Says how a script is to be run. What is left empty is left as it would be by itself.

    Signals:
        run_wanted: A `Launch` without faults.
        closed: The user wants back to where this was opened.
        script_browsed: The user wants to look for the script; `set_script` takes what is found.
        folder_browsed: The same for the working directory, and `set_folder`.
        python_browsed: The same for the interpreter, and `set_python`.
    """

    run_wanted = Signal(object)
    closed = Signal()
    script_browsed = Signal()
    folder_browsed = Signal()
    python_browsed = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._choices = Choices(session)
        self._choices.changed.connect(self._on_found)
        self._recents: list[Recent] = []
        self._is_filling = False
        self._was_tried = False  # an empty field is no error before the first attempt
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("How a script is run")
        self._make_fields()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._form(), 1)
        edge = QFrame()
        edge.setProperty("surface", "line")
        edge.setFixedHeight(1)
        column.addWidget(edge)
        column.addWidget(self._foot())
        hand_focus_on(self, lambda: self.script)
        self._connect()
        self._order_tabs()

    def fill(
        self, filled: Filled, recents: Sequence[Recent], forgotten: Sequence[str] = ()
    ) -> None:
        """Show `filled`, and offer what was run lately; values of `forgotten` were not kept."""
        self._recents = list(recents)
        self._was_tried = False
        self.recent.clear()
        self.recent.addItem("Recent launches")
        for recent in recents:
            self.recent.addItem(launch_words(recent.launch))
        self.recent.setVisible(bool(recents))
        self._show(filled, tuple(forgotten))

    def set_script(self, path: str) -> None:
        """Take a script that was looked for."""
        self.kind.setCurrentIndex(0)
        self.script.setText(path)

    def set_folder(self, path: str) -> None:
        """Take a working directory that was looked for."""
        self.folder.setText(path)

    def set_python(self, path: str) -> None:
        """Take an interpreter that was looked for."""
        self.python.setEditText(path)

    def read(self) -> Reading:
        """Return what is filled in."""
        return read(self._filled())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        self._rows.be_narrow(is_narrow)
        ways = QBoxLayout.Direction
        self._foot_row.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        side = _NARROW_MARGIN if is_narrow else _MARGIN
        for layout in self._margins:
            margins = layout.contentsMargins()
            layout.setContentsMargins(side, margins.top(), side, margins.bottom())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = QApplication.focusWidget()
            if isinstance(focused, QAbstractButton) and focused.isVisible():
                focused.click()
            else:
                self._on_run()
        else:
            super().keyPressEvent(event)

    def _make_fields(self) -> None:
        self.recent = Chooser()
        self.recent.setAccessibleName("Recent launches")
        # What was run lately may be a long line, which is not to keep the window wide.
        fewest = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.recent.setSizeAdjustPolicy(fewest)
        self.recent.setMinimumContentsLength(len("Recent launches"))
        self.kind = choice("A script or a module", (("Script", False), ("Module", True)))
        self.script = line("The script", "train.py", is_mono=True)
        self.arguments = line("Its arguments", "--steps 500 --name 'a b'", is_mono=True)
        self.folder = line("Working directory", "where eqxviz was started", is_mono=True)
        self.python = editable("Interpreter", "The environment of the project, if it has JAX")
        self.device = editable("Device", "auto, as JAX chooses")
        self.cpu_devices = small("CPU devices", "1")
        self.cores = small("CPU cores", f"all {available_cores()}")
        self.fraction = small("Fraction of the GPU's memory", "0.75")
        flags = ((_LEFT_ALONE, None), ("At once", True), ("As needed", False))
        self.preallocate = choice("When the GPU's memory is taken", flags)
        self.x64 = choice("64-bit numbers", ((_LEFT_ALONE, None), ("On", True), ("Off", False)))
        self.debug: dict[str, QCheckBox] = {}
        for name, flag in DEBUG_FLAGS.items():
            box = QCheckBox(flag.words)
            box.setToolTip(f"{flag.variable}={flag.value}")
            self.debug[name] = box
        self.variables = Variables(self._theme)
        self.hold = QCheckBox("Pause before the first jitted call")
        self.stops = line("Where to stop", "loss > 10; nan; train.py:41; make_step", is_mono=True)
        self.keep_calls = QCheckBox("Keep the latest call, to replay it")
        self.dynamics = small("Steps from one measurement of the model to the next", "never")
        self.saving = Checkpoints()
        self.command = CommandLine("The same in a terminal")
        self.run = button("Run", self._on_run, kind="primary")

    def _form(self) -> QWidget:
        rows = self._rows = Rows()
        browse = self._browse = [
            button("Browse…", signal.emit, name=name)
            for signal, name in (
                (self.script_browsed, "Look for the script"),
                (self.folder_browsed, "Look for the working directory"),
                (self.python_browsed, "Look for an interpreter"),
            )
        ]
        rows.add("script", "Script", beside(self.kind, self.script, browse[0]), self.script)
        rows.add("arguments", "Arguments", self.arguments, self.arguments)
        rows.add("folder", "Working directory", beside(self.folder, browse[1]), self.folder)
        rows.add("python", "Python", beside(self.python, browse[2]), self.python)
        rows.add("device", "Device", self.device, self.device)
        cpu = beside(self.cpu_devices, QLabel("devices,  on"), self.cores, QLabel("cores"))
        self._flush_left(cpu)
        rows.add("cpu_devices", "CPU", cpu, self.cpu_devices)
        rows.also("cores", self.cores)
        memory = beside(self.fraction, QLabel("of it, taken"), self.preallocate)
        self._flush_left(memory)
        rows.add("memory_fraction", "GPU memory", memory, self.fraction)
        bits = beside(self.x64)
        self._flush_left(bits)
        rows.add("x64", "64-bit numbers", bits, self.x64)
        boxes = list(self.debug.values())
        rows.add("debug", "Finding mistakes", Flags(boxes), boxes[0])
        rows.add("environment", "Environment", self.variables, self.variables)
        rows.add("hold", "", self.hold, self.hold)
        rows.add("stops", "Stop at", self.stops, self.stops)
        rows.add("keep_calls", "", self.keep_calls, self.keep_calls)
        dynamics = beside(QLabel("measured every"), self.dynamics, QLabel("steps"))
        self._flush_left(dynamics)
        rows.add("dynamics_every", "Dynamics", dynamics, self.dynamics)
        saving = self.saving
        rows.add("save_every", "Checkpoints", saving, saving.every)
        for name in ("save_to", "save_as", "save_last"):
            rows.also(name, saving.fields[name])
        title = QLabel("Run a script")
        title.setFont(self._theme.font("title"))
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.recent)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 24, 0, 16)
        column.addLayout(head)
        column.addSpacing(14)
        column.addLayout(rows)
        column.addStretch(1)
        return self._scrolled(inner)

    def _scrolled(self, inner: QWidget) -> QScrollArea:
        page = QWidget()
        page.setProperty("surface", "base")
        outer = QHBoxLayout(page)
        outer.setContentsMargins(_MARGIN, 0, _MARGIN, 0)
        outer.addWidget(inner)
        self._margins = [outer]
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        return area

    def _foot(self) -> QWidget:
        foot = self._buttons = QWidget()
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        outer = QHBoxLayout(foot)
        outer.setContentsMargins(_MARGIN, 10, _MARGIN, 10)
        outer.addWidget(inner)
        self._margins.append(outer)
        whole = self._foot_row = QBoxLayout(QBoxLayout.Direction.LeftToRight, inner)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.command, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        whole.addLayout(row)
        row.addWidget(button("Copy", self._on_copy, name="Copy the command line"))
        row.addWidget(button("Cancel", self.closed.emit))
        row.addWidget(self.run)
        return foot

    def _flush_left(self, widget: QWidget) -> None:
        layout = widget.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.addStretch(1)

    def _connect(self) -> None:
        for field in (self.script, self.arguments, self.folder, self.cpu_devices, self.cores):
            field.textChanged.connect(self._on_changed)
        self.fraction.textChanged.connect(self._on_changed)
        for box in (self.python, self.device):
            box.editTextChanged.connect(self._on_changed)
        for chosen in (self.kind, self.preallocate, self.x64):
            chosen.currentIndexChanged.connect(self._on_changed)
        for flag in (*self.debug.values(), self.hold, self.keep_calls):
            flag.toggled.connect(self._on_changed)
        for text in (self.stops, self.dynamics):
            text.textChanged.connect(self._on_changed)
        self.saving.changed.connect(self._on_changed)
        self.variables.changed.connect(self._on_changed)
        self.variables.changed.connect(self._order_tabs)
        self.recent.activated.connect(self._on_recent)

    def _show(self, filled: Filled, forgotten: tuple[str, ...]) -> None:
        self._is_filling = True
        self.kind.setCurrentIndex(int(filled.is_module))
        self.script.setText(filled.script)
        self.arguments.setText(filled.arguments)
        self.folder.setText(filled.folder)
        self.python.setEditText(filled.python)
        self.device.setEditText(filled.device)
        self.cpu_devices.setText(filled.cpu_devices)
        self.cores.setText(filled.cores)
        self.fraction.setText(filled.memory_fraction)
        self.preallocate.setCurrentIndex(self.preallocate.findData(filled.preallocate))
        self.x64.setCurrentIndex(self.x64.findData(filled.x64))
        for name, box in self.debug.items():
            box.setChecked(name in filled.debug)
        self.variables.fill(filled.environment, forgotten)
        self.hold.setChecked(filled.hold)
        self.stops.setText(filled.stops)
        self.keep_calls.setChecked(filled.keep_calls)
        self.dynamics.setText(filled.dynamics_every)
        self.saving.fill(filled)
        self._is_filling = False
        self._order_tabs()
        self._on_changed()

    def _order_tabs(self) -> None:
        """Let Tab go down the form, through the rows of variables that there are now."""
        script, folder, python = self._browse
        tab_in_turn(
            *(self.recent, self.kind, self.script, script, self.arguments, self.folder, folder),
            *(self.python, python, self.device, self.cpu_devices, self.cores, self.fraction),
            *(self.preallocate, self.x64, *self.debug.values(), self.variables, self.hold),
            *(self.stops, self.keep_calls, self.dynamics, self.saving, self._buttons),
        )

    def _filled(self) -> Filled:
        return Filled(
            script=self.script.text(),
            is_module=bool(self.kind.currentData()),
            arguments=self.arguments.text(),
            folder=self.folder.text(),
            environment=self.variables.variables,
            python=self.python.currentText(),
            device=self.device.currentText(),
            cpu_devices=self.cpu_devices.text(),
            cores=self.cores.text(),
            memory_fraction=self.fraction.text(),
            preallocate=self.preallocate.currentData(),
            x64=self.x64.currentData(),
            debug=tuple(name for name, box in self.debug.items() if box.isChecked()),
            hold=self.hold.isChecked(),
            stops=self.stops.text(),
            keep_calls=self.keep_calls.isChecked(),
            dynamics_every=self.dynamics.text(),
            save_at_end=self.saving.at_end.isChecked(),
            **self.saving.texts(),
        )

    def _on_changed(self) -> None:
        if self._is_filling:
            return
        reading = self.read()
        if not ({"script", "folder"} & reading.errors.keys()):
            self._choices.look(reading.launch)
        self._tell(reading)

    def _tell(self, reading: Reading) -> None:
        """Say what is wrong, what it will run in, and how to do the same in a terminal."""
        launch, errors = reading.launch, self._errors(reading)
        if not self.script.text().strip() and not self._was_tried:
            errors.pop("script", None)
        self.script.setPlaceholderText("package.train" if launch.is_module else "train.py")
        self._rows.set_note("python", self._choices.python_note(launch))
        self._rows.set_note("device", self._choices.devices_note(launch))
        self._rows.show_errors(errors)
        self.command.setText(command_line(launch) if launch.script else "eqxviz run SCRIPT.py")
        self.run.setEnabled(not errors or not self._was_tried)

    def _errors(self, reading: Reading) -> dict[str, str]:
        wrong = self._choices.python_error(reading.launch)
        return dict(reading.errors) | ({"python": wrong} if wrong else {})

    def _on_found(self) -> None:
        launch = self.read().launch
        self._is_filling = True
        found = self._choices.interpreters
        _propose(self.python, [(OWN_PYTHON if p.is_own else p.path, p.words) for p in found])
        devices = self._choices.devices(launch)
        entries = [("cpu", "the CPU")]
        if not devices or any(device.name != "cpu" for device in devices):
            entries.append(("gpu", "the GPUs, as JAX numbers them"))
        for device in devices:
            size = f", {formatting.n_bytes(device.n_bytes)}" if device.n_bytes else ""
            if device.name != "cpu":
                entries.append((device.name, f"{device.kind}{size}"))
        _propose(self.device, entries)
        self._is_filling = False
        self._choices.look_for_devices(launch)
        self._tell(self.read())

    def _on_recent(self, index: int) -> None:
        if index > 0:
            recent = self._recents[index - 1]
            self._show(Filled.of(recent), recent.forgotten)
        self.recent.setCurrentIndex(0)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())

    def _on_run(self) -> None:
        self._was_tried = True
        reading = self.read()
        self._tell(reading)
        errors = self._errors(reading)
        if errors:
            self._rows.focus(next(iter(errors)))
        else:
            self.run_wanted.emit(reading.launch)


def _propose(box: QComboBox, entries: Sequence[tuple[str, str]]) -> None:
    """Offer `entries`, each with words about it; what is written in the box stays."""
    written = box.currentText()
    box.clear()
    for value, words in entries:
        box.addItem(value)
        box.setItemData(box.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
    box.setEditText(written)
