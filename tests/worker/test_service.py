"""Who is connected to a worker, and what it does when nobody is."""

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from eqxviz.records import Done, Hello, RunState, RunStatus, Watch, Welcome
from eqxviz.records.wire import receive, send
from eqxviz.store import RunStore
from eqxviz.worker import service
from eqxviz.worker.journal import Journal
from eqxviz.worker.service import Service

from .conftest import wait_until


def test_a_worker_hears_again_and_again_that_nobody_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "ABANDONED_SECONDS", 0.01)
    often = threading.Semaphore(0)
    welcome = Welcome(1, "", "", "")
    made = Service(tmp_path / "w.sock", "", welcome, lambda *_: None, often.release)
    made.start()
    # The first time the script may still be running: then it is for the worker to stay.
    assert all(often.acquire(timeout=10) for _ in range(3))
    made.close()


def test_who_asks_while_the_process_ends_hears_of_its_end(tmp_path: Path):
    place = tmp_path / "w.sock"
    welcome = Welcome(1, "", "", "")
    journal = Journal(tmp_path, lambda: RunStore.create(tmp_path, "train.py", [], "python"))
    made = Service(place, "", welcome, lambda *_: None, lambda: None, journal)
    made.start()
    end = replace(RunStatus.at_start(), state=RunState.FAILED)
    journal.append([end])
    ending = threading.Thread(target=made.close)
    with socket.socket(socket.AF_UNIX) as window:
        window.settimeout(10.0)
        window.connect(str(place))
        send(window, Hello(""), 0)
        assert receive(window) == (0, welcome)
        ending.start()
        wait_until(lambda: not place.exists())  # it has begun to end
        send(window, Watch(0), 1)
        assert [receive(window) for _ in range(3)] == [(-1, end), (1, Done()), None]
    ending.join()
    journal.close()
