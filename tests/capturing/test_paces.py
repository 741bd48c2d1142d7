"""Curves whose steps are not calls say how they follow the calls."""

import jax
import jax.numpy as jnp

import eqxviz
from eqxviz.capturing.paces import Paces
from eqxviz.records import Pace, Record

from .conftest import Seen


def told_of(points: list[tuple[int, float]]) -> list[Record]:
    told: list[Record] = []
    paces = Paces(told.append)
    for step, calls in points:
        paces.note(7, step, calls)
    return told


def test_steps_that_are_calls_go_without_saying():
    assert told_of([(i, i) for i in range(1, 50)]) == []


def test_steps_that_begin_at_zero_or_go_by_tens_are_told_of_once():
    assert told_of([(i, i + 1) for i in range(50)]) == [Pace(7, 0, 1, 1.0)]
    assert told_of([(10 * i, i + 1) for i in range(50)]) == [
        Pace(7, 0, 1, 1.0),
        Pace(7, 0, 1, 10.0),
    ]


def test_steps_in_no_order_are_told_of_up_to_a_limit():
    assert len(told_of([(i * i % 17, i) for i in range(5000)])) == 256


def test_epochs_that_become_longer_are_told_of_where_they_do():
    epochs = [(e, 100.0 * e) for e in range(1, 5)] + [(e, 400 + 200.0 * (e - 4)) for e in (5, 6, 7)]
    assert told_of(epochs)[-1] == Pace(7, 4, 400.0, 1 / 200)


def test_what_a_scan_stacked_and_what_is_logged_by_epochs_is_known_in_calls(seen: Seen):
    @jax.jit
    def train_epoch(w, xs):
        return jax.lax.scan(lambda w, x: (w - 0.1 * (w - x), (w - x) ** 2), w, xs)

    w = jnp.float32(0.0)
    for epoch, n in enumerate([4, 4, 2]):
        w, losses = train_epoch(w, jnp.ones(n))
        eqxviz.log(step=epoch, valid=float(losses[-1]))
    told = seen.of(Pace)
    assert [(p.step, p.calls, p.per_call) for p in told if p.per_call > 1] == [
        (0, 0.25, 4.0),
        (8, 2.5, 2.0),
    ]
    assert [(p.step, p.calls, p.per_call) for p in told if p.per_call == 1] == [(0, 1.0, 1.0)]
