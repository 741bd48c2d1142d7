"""The demonstration walks its whole road by itself."""

import pytest

from eqxviz.session.demo import Demo


@pytest.mark.full
def test_the_demonstration_opens_draws_trains_and_draws_again(session, owner):
    said: list[str] = []
    reached: list[str] = []
    ended: list[bool] = []
    demo = Demo(session)
    demo.said.connect(said.append)
    demo.reached.connect(reached.append)
    demo.finished.connect(lambda: ended.append(demo.failed))
    owner.run_until(lambda: ended, 110)
    assert ended == [False], said
    assert reached == ["graph", "curves"]
    first, last = (float(w) for w in _line(said, "loss: ")[6:].split(" in ")[0].split(" → "))
    assert last < first / 10
    assert "trace" in _line(said, "Compiled make_step")
    assert [tab.state for tab in session.graphs] == ["filled", "filled"]


def _line(said: list[str], start: str) -> str:
    return next(line for line in said if line.startswith(start))
