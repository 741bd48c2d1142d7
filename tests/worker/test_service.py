"""Who is connected to a worker, and what it does when nobody is."""

import threading
from pathlib import Path

import pytest

from eqxviz.records import Welcome
from eqxviz.worker import service
from eqxviz.worker.service import Service


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
