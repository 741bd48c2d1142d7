"""Runs as a table in a terminal."""

from pathlib import Path

from eqxviz.session.runs.text import list_text
from eqxviz.store import Library
from tests.session.runs.made_runs import make_run


def listed(folder: Path, width: int = 100) -> list[str]:
    library = Library(folder, lambda _folder: False)
    runs = library.runs()
    return [line.rstrip("\n") for line in list_text(runs, runs, width)]


def test_columns_in_which_nothing_stands_take_no_room(tmp_path: Path):
    make_run(tmp_path, "a", {"loss": [3.0, 1.0]}, argv=["--lr", "0.1"])
    head, row = listed(tmp_path)
    assert head.endswith("COMMAND")
    assert row.endswith("train.py --lr 0.1")
    assert max(len(head), len(row)) <= 100
