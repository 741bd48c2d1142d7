"""Recurrent cells: what they compute, and what they say when misused."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx

KEY = jax.random.key(0)
GRU = eqx.nn.GRUCell(2, 3, key=KEY)
LSTM = eqx.nn.LSTMCell(2, 3, key=KEY)
X, H, C = jnp.array([0.5, -1.0]), jnp.array([0.1, 0.2, -0.3]), jnp.array([1.0, -1.0, 0.5])


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def test_a_gru_keeps_what_its_gates_say() -> None:
    of_x = np.asarray(GRU.weight_ih @ X + GRU.bias).reshape(3, 3)
    of_h = np.asarray(GRU.weight_hh @ H).reshape(3, 3)
    reset, keep = sigmoid(of_x[:2] + of_h[:2])
    new = np.tanh(of_x[2] + reset * (of_h[2] + GRU.bias_n))
    np.testing.assert_allclose(GRU(X, H), (1 - keep) * new + keep * H, rtol=1e-5)


def test_an_lstm_keeps_what_its_gates_say() -> None:
    gates = np.asarray(LSTM.weight_ih @ X + LSTM.weight_hh @ H + LSTM.bias).reshape(4, 3)
    cell = sigmoid(gates[1]) * C + sigmoid(gates[0]) * np.tanh(gates[2])
    new_h, new_c = LSTM(X, (H, C))
    np.testing.assert_allclose(new_c, cell, rtol=1e-5)
    np.testing.assert_allclose(new_h, sigmoid(gates[3]) * np.tanh(cell), rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: GRU(jnp.ones((7, 2)), H), TypeError,
         r"`input_size=2` as `input`.*\(7, 2\)`.*vmap"),
        (lambda: GRU(X, jnp.ones((7, 3))), TypeError, r"`hidden_size=3` as `hidden`.*`\(7, 3\)`"),
        (lambda: GRU(X, (H, C)), TypeError, r"as `hidden`, and was given a `tuple`"),
        (lambda: LSTM(X, H), ValueError, r"pair of arrays `\(hidden, cell\)`.*shape `\(3,\)`\."),
        (lambda: LSTM(X, (H, X)), TypeError, r"as `hidden\[1\]`.*`\(2,\)`"),
        (lambda: LSTM(H, (H, C)), TypeError, r"`LSTMCell`.*as `input`.*`\(3,\)`"),
        (lambda: eqx.nn.GRUCell(2, 0, key=KEY), ValueError, r"`GRUCell\(hidden_size=0\)`"),
        (lambda: eqx.nn.LSTMCell(2.5, 3, key=KEY), TypeError, r"`LSTMCell\(input_size=2\.5\)`"),
        (lambda: eqx.nn.GRUCell(2, 3, key=0), TypeError, r"`GRUCell\(key=0\)`.*random\.key\(0\)"),
    ],
)  # fmt: skip
def test_misuse_is_named(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
