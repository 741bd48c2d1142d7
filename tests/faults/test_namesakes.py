"""Modules beside a script that are called as modules are that eqxviz uses."""

from pathlib import Path

from eqxviz.records import RunState

from .conftest import Watcher, training

FIRST = """
    import executing, sqlite3
    import sqlite3.inner
    from executing import MINE
"""
THEN = """
    import executing as again
    print(MINE, sqlite3.MINE, sqlite3.inner.MINE, again is executing, executing.__file__)
"""


def test_the_script_gets_its_own_modules_and_is_observed_with_those_of_eqxviz(
    watcher: Watcher, tmp_path: Path
):
    (tmp_path / "sqlite3").mkdir()
    (tmp_path / "executing.py").write_text("MINE = 'mine'")
    (tmp_path / "sqlite3" / "__init__.py").write_text("MINE = 'too'")
    (tmp_path / "sqlite3" / "inner.py").write_text("MINE = 'inner'")
    # Every Python has imported this one before the script runs.
    (tmp_path / "codecs.py").write_text("raise ValueError")
    watcher.start(training(THEN, first=FIRST, n_steps=5))
    assert watcher.until_end() is RunState.FINISHED, watcher.whole_output
    assert watcher.whole_output.split() == [
        *("mine", "too", "inner", "True"),
        str(tmp_path / "executing.py"),
    ]
    assert watcher.session.problems == []
    assert len(watcher.values("loss")) == 5
