"""The form of a launch by keyboard and mouse."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from eqxviz.engine.devices import Device
from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import Recent
from eqxviz.gui.launch import LaunchPage
from eqxviz.gui.theme import Theme
from eqxviz.session.launching.form import Filled
from eqxviz.session.session import Session
from tests.gui.conftest import QuietEngine
from tests.gui.shown import names_by_tab


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "train.py").write_text("")
    return str(tmp_path / "train.py")


@pytest.fixture
def page(qtbot, session: Session, theme: Theme) -> LaunchPage:
    made = LaunchPage(session, theme)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def said(page: LaunchPage) -> list[str]:
    """Return what is said to be wrong."""
    labels = page.findChildren(QLabel)
    return [x.text() for x in labels if x.property("tone") == "problem" and x.isVisible()]


def click(qtbot, page: LaunchPage, words: str) -> None:
    button = next(b for b in page.findChildren(QPushButton) if b.text() == words)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_enter_runs_what_is_filled_in(qtbot, page, script):
    page.fill(Filled(script=script), ())
    page.arguments.setFocus()
    qtbot.keyClicks(page.arguments, "--steps 5")
    with qtbot.waitSignal(page.run_wanted) as wanted:
        qtbot.keyClick(page.arguments, Qt.Key.Key_Return)
    assert wanted.args[0] == Launch(script, ("--steps", "5"))


def test_escape_leads_back(qtbot, page, script):
    page.fill(Filled(script=script), ())
    with qtbot.waitSignal(page.closed):
        qtbot.keyClick(page.arguments, Qt.Key.Key_Escape)


def test_what_is_wrong_is_said_below_its_field_and_nothing_runs(qtbot, page, script):
    page.fill(Filled(script=script, arguments="'a", cores="x"), ())
    with qtbot.assertNotEmitted(page.run_wanted):
        click(qtbot, page, "Run")
    assert said(page) == [
        "No closing quotation: quote as in a shell.",
        "'x' is no number: 2, for instance.",
    ]
    assert page.arguments.accessibleDescription() == said(page)[0]
    assert not page.run.isEnabled()
    page.arguments.setText("a")
    page.cores.setText("1")
    assert said(page) == []
    assert page.run.isEnabled()


def test_an_empty_form_is_not_wrong_before_it_is_run(qtbot, page):
    page.fill(Filled(), ())
    assert said(page) == []
    click(qtbot, page, "Run")
    assert said(page) == ["No script is named. Name the file that is to be run."]


def test_everything_that_is_filled_in_is_read(qtbot, page, script):
    filled = Filled(
        script=script,
        arguments="a",
        environment=(("A", "1"), ("B", None)),
        python="own",
        device="cpu",
        cpu_devices="2",
        cores="1",
        memory_fraction="0.5",
        preallocate=False,
        x64=True,
        debug=("nans",),
        hold=True,
    )
    page.fill(filled, ())
    assert page.read().launch == Launch(
        script,
        ("a",),
        environment=(("A", "1"), ("B", None)),
        python="own",
        device="cpu",
        cpu_devices=2,
        cores=1,
        memory_fraction=0.5,
        preallocate=False,
        x64=True,
        debug=("nans",),
        hold=True,
    )


def test_it_says_which_python_runs_and_which_devices_there_are(
    page, script, engine: QuietEngine, monkeypatch
):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    page.fill(Filled(script=script), ())
    labels = [label.text() for label in page.findChildren(QLabel)]
    assert any("eqxviz's own" in text for text in labels)
    (answered,) = engine.devices_asked
    answered((Device("cpu", "cpu", 0), Device("cuda:0", "NVIDIA H200", 150_000_000_000)))
    offered = [page.device.itemText(i) for i in range(page.device.count())]
    assert offered == ["cpu", "gpu", "cuda:0"]
    assert page.device.currentText() == ""


def test_an_interpreter_that_is_none_is_said_below_it(page, script):
    page.fill(Filled(script=script), ())
    page.set_python("/no/such/python")
    assert said(page) == [
        "There is no interpreter /no/such/python. Check its name; .venv/bin/python is usual."
    ]


def test_the_command_line_can_be_copied(qtbot, page, script):
    page.fill(Filled(script=script, arguments="'a b'"), ())
    click(qtbot, page, "Copy")
    assert QGuiApplication.clipboard().text() == f"eqxviz run {script} -- 'a b'"


def test_a_recent_launch_is_restored_whole(page, script):
    recent = Recent(Launch(script, ("5",), x64=True, environment=(("A", "1"),)), ("HF_TOKEN",))
    page.fill(Filled(), [recent])
    page.recent.setCurrentIndex(1)
    page.recent.activated.emit(1)
    launch = page.read().launch
    assert (launch.script, launch.argv, launch.x64) == (script, ("5",), True)
    assert launch.environment == (("A", "1"), ("HF_TOKEN", ""))
    hints = [row.value.placeholderText() for row in page.variables._rows]
    assert hints == ["value", "was not kept: type it again", "value"]


def test_there_is_always_room_for_one_more_variable(qtbot, page, script):
    page.fill(Filled(script=script), ())
    (row,) = page.variables._rows
    qtbot.keyClicks(row.name, "API_KEY")
    qtbot.keyClicks(row.value, "hush")
    assert len(page.variables._rows) == 2
    assert row.value.echoMode() == row.value.EchoMode.Password
    assert "hush" not in page.command.text()
    assert page.read().launch.environment == (("API_KEY", "hush"),)
    row.unset.setChecked(True)
    assert page.read().launch.environment == (("API_KEY", None),)
    row.removed.emit()
    assert page.read().launch.environment == ()


def test_flags_stand_in_one_column_where_there_is_no_room_for_two(qtbot, page, script):
    page.fill(Filled(script=script), ())
    boxes = list(page.debug.values())
    qtbot.waitUntil(lambda: boxes[0].y() == boxes[1].y())
    page.resize(560, 500)
    qtbot.waitUntil(lambda: boxes[0].y() < boxes[1].y())


def test_in_a_narrow_place_labels_are_above_the_fields_and_nothing_is_cut(qtbot, page: LaunchPage):
    wide = page.arguments.width()
    page.resize(400, 600)
    QApplication.processEvents()
    area = page.findChild(QScrollArea)
    assert area.widget().width() <= area.viewport().width()
    assert page.arguments.width() > 330
    page.resize(900, 700)
    qtbot.waitUntil(lambda: page.arguments.width() == wide)


def test_long_names_of_scripts_do_not_widen_the_form(page: LaunchPage, tmp_path: Path):
    long = str(tmp_path / f"train_{'x' * 200}.py")
    page.fill(Filled(script=long), [Recent(Launch(long), ())])
    page.resize(400, 600)
    QApplication.processEvents()
    area = page.findChild(QScrollArea)
    assert area.widget().width() <= area.viewport().width()
    assert page.command.height() >= page.command.heightForWidth(page.command.width())
    assert page.command.width() > 330
    assert page.command.heightForWidth(100) > page.command.heightForWidth(200)


def test_tab_goes_down_the_form_to_its_buttons(page: LaunchPage):
    names = names_by_tab(page)
    start = names.index("The script")
    names = names[start:] + names[:start]
    wanted = ["The script", "Its arguments", "Working directory", "Interpreter", "Device"]
    wanted += ["CPU devices", "64-bit numbers", "Raise where a NaN first appears"]
    wanted += [
        "Name of a variable",
        "Its value",
        "Remove the variable",
        "Pause before the first jitted call",
        "Run",
    ]
    places = [names.index(name) for name in wanted]
    assert places == sorted(places)


def test_tab_leaves_the_form_after_its_last_button(qtbot, theme: Theme, session: Session):
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    page = LaunchPage(session, theme, window)
    after = QPushButton("after", window)
    column.addWidget(page)
    column.addWidget(after)
    window.show()
    page.fill(Filled(environment=(("A", "1"),)), ())
    page.fill(Filled(), ())
    page.run.setFocus()
    qtbot.keyClick(page.run, Qt.Key.Key_Tab)
    assert window.focusWidget() is after


def test_stops_kept_calls_and_checkpoints_are_filled_in_and_read_back(page, script):
    filled = Filled(
        script=script,
        stops="nan; loss > 10",
        keep_calls=True,
        dynamics_every="20",
        save_every="100",
        save_at_end=True,
        save_to="out",
        save_as="{step}.eqx",
        save_what="model, state",
        save_last="3",
    )
    page.fill(filled, [])
    launch = page.read().launch
    assert launch.stops == ("nan", "loss > 10")
    assert (launch.keep_calls, launch.save_every, launch.save_at_end) == (True, 100, True)
    assert (launch.save_to, launch.save_as) == ("out", "{step}.eqx")
    assert (launch.save_what, launch.save_last) == ("model, state", 3)
    assert launch.dynamics_every == 20
    assert "--stop nan --stop 'loss > 10' --keep" in page.command.text()
    assert "--dynamics 20" in page.command.text()
    page.saving.every.setText("often")
    assert "save_every" in page.read().errors
