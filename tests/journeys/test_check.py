"""Checking what is open: the window says what it does, and shows what to mend where it is."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton

from .conftest import Desk

TRAIN = """
import equinox as eqx
import jax
import jax.numpy as jnp


def make_model():
    return eqx.nn.Linear(2, 1, key=jax.random.key(0))


@eqx.filter_jit
def total(model, x, n):
    return jnp.sum(jax.vmap(model)(x)) * n


if __name__ == "__main__":
    model, x = make_model(), jnp.ones((4, 2))
    for i in range(100_000):
        value = total(model, x, i)
"""

CLEAN = TRAIN.replace("total(model, x, i)", "total(model, x, 1.0)")


def check(desk: Desk) -> None:
    """Check what is open, and wait until it is done."""
    session = desk.session
    desk.act("check.start")
    assert desk.window.docks.docks["problems"].isVisible()
    desk.until(lambda: session.checking.state == "done", "the check", session.check_changed)


def button(desk: Desk, text: str) -> QPushButton:
    return next(b for b in desk.view("problems").findChildren(QPushButton) if b.text() == text)


@pytest.mark.full
def test_what_is_open_is_checked_and_mended(desk: Desk, tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    desk.open(script)
    check(desk)
    (card,) = desk.view("problems").cards
    problem = card.problem
    assert problem.code == "EQX110"
    assert desk.session.run is None  # the check is none of the window's runs
    button(desk, "Explain EQX110").click()
    assert card.explanation.isVisible()
    card.place_clicked.emit(problem.file, problem.line)
    assert (desk.session.selection.kind, desk.session.selection.line) == ("source", 19)
    script.write_text(CLEAN)
    check(desk)
    assert desk.view("problems").cards == []
    assert "No problems found" in desk.session.checking.words


@pytest.mark.full
def test_one_that_never_comes_to_an_end_is_stopped_and_judged(desk: Desk, tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(f"{CLEAN.partition('if __name__')[0]}\nif __name__ == '__main__':\n"
                      "    total(make_model(), jnp.ones((4, 2)), 1.0)\n"
                      "    while True:\n        pass\n")  # fmt: skip
    desk.open(script)
    session = desk.session
    desk.act("check.start")
    desk.until(lambda: session.checking.n_steps > 0, "a step", session.check_changed)
    QApplication.processEvents()
    assert button(desk, "Stop").isVisible()
    button(desk, "Stop").click()
    desk.until(lambda: session.checking.state == "done", "the check", session.check_changed)
    assert session.checking.words.startswith("train.py, stopped – No problems found")
