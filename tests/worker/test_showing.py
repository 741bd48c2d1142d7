"""`eqxviz.show` without a window: what is printed, what is held, and who lives on."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SILENT = """
import sys
import numpy as np
import eqxviz
from eqxviz.engine import commands

program = "import time; time.sleep(1)"
commands.window_command = lambda folder, command: [sys.executable, "-c", program]
"""


@pytest.fixture
def run(repository: Path, tmp_path: Path) -> Run:
    """Run a script, with a display or without."""

    def run(text: str, display: str = "") -> "subprocess.CompletedProcess[str]":
        script = tmp_path / "shows.py"
        script.write_text(text)
        names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR")
        kept = {name: value for name, value in os.environ.items() if name not in names}
        return subprocess.run(
            [sys.executable, "-W", "error", script],
            env={**kept, "PYTHONPATH": str(repository), "QT_QPA_PLATFORM": display},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_importing_eqxviz_imports_neither_qt_nor_jax():
    code = "import sys, eqxviz; eqxviz.show; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"PySide6", "jax", "numpy"} & set(done.stdout.split())


def test_without_a_display_the_tree_is_printed_and_the_script_goes_on(run: Run):
    done = run("import numpy, eqxviz\neqxviz.show({'w': numpy.ones((2, 3))}, 'net')\nprint('on')\n")
    assert done.returncode == 0, done.stderr
    assert "no display" in done.stderr
    assert "f32[2,3]" in done.stdout or "f64[2,3]" in done.stdout
    assert done.stdout.endswith("on\n")


def test_an_object_is_held_until_its_window_is_closed(run: Run):
    done = run(
        SILENT
        + """
import gc, weakref

class Net(dict):
    pass

net = Net(w=np.ones(3))
gone = weakref.ref(net)
eqxviz.show(net, wait=False)
del net
gc.collect()
print("held", gone() is not None)
eqxviz.show([np.ones(2)], wait=True)
gc.collect()
print("held", gone() is not None)
""",
        "offscreen:",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["held", "True", "held", "False"]


def test_a_child_after_a_fork_and_a_thread_may_show_too(run: Run):
    done = run(
        SILENT
        + """
import os, threading

shows = threading.Thread(target=eqxviz.show, args=([np.ones(3)],))
shows.start()
shows.join()
import warnings
warnings.simplefilter("ignore")  # this Python may say that a fork of threads is unwise
child = os.fork()
if child == 0:
    eqxviz.show([np.ones(2)], wait=True)
    print("child", flush=True)
    os._exit(0)
print("status", os.waitpid(child, 0)[1], flush=True)
""",
        "offscreen:",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["child", "status", "0"]


def test_a_window_that_cannot_start_is_told_and_harms_nothing(run: Run):
    done = run(
        SILENT.replace("import time; time.sleep(1)", "raise SystemExit('no such screen')")
        + "eqxviz.show([np.ones(3)], wait=True)\nprint('on')\n",
        "offscreen:",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "on\n"
    assert "the window could not be opened: no such screen" in done.stderr
