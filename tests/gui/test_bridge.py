"""From any thread to the window's."""

import threading

from PySide6.QtCore import QThread

from eqxviz.gui.bridge import Bridge


def test_what_another_thread_posts_runs_here_in_order(qtbot):
    bridge, ran, places = Bridge(), [], []

    def post() -> None:
        for i in range(100):
            bridge.post(lambda i=i: (ran.append(i), places.append(QThread.currentThread())))

    thread = threading.Thread(target=post)
    thread.start()
    thread.join()
    assert ran == []
    qtbot.waitUntil(lambda: len(ran) == 100)
    assert ran == list(range(100))
    assert set(places) == {bridge.thread()}


def test_what_is_posted_here_runs_later_too(qtbot):
    bridge, ran = Bridge(), []
    bridge.post(lambda: ran.append(1))
    assert ran == []
    qtbot.waitUntil(lambda: ran == [1])
