"""What an exception comes from is told from the exception alone, and never makes it worse."""

import functools
import threading
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import eqxcore as eqx
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.diagnosis import diagnose
from eqxviz.records import Problem

KEY = jax.random.key(0)


class Model(eqx.Module):
    layer: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __call__(self, x: jax.Array, key: Any = None, inference: bool = False) -> jax.Array:
        return self.dropout(self.layer(x), key=key, inference=inference)


class Scaled(eqx.Module):
    layer: eqx.nn.Linear

    def __call__(self, x: jax.Array, scale: jax.Array) -> jax.Array:
        return self.layer(x * scale)


model = Model(eqx.nn.Linear(3, 1, key=KEY), eqx.nn.Dropout(0.5))
scaled = Scaled(model.layer)
mlp = eqx.nn.MLP(3, 1, 8, 1, key=KEY)
x = jnp.ones((64, 3))
y = jnp.ones(64)


def diagnosed(call: Callable[[], object], seconds: float = 30) -> list[Problem]:
    """Return what the exception of `call` comes from."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the cases differ in it
        return diagnose(error, UserCode(), seconds)
    raise AssertionError("it was to raise")


def add(a: jax.Array, b: jax.Array) -> jax.Array:
    return a + b


def loss(model: Any, x: jax.Array, label: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(mlp10(x), label)


mlp10 = eqx.nn.MLP(3, 10, 8, 1, key=KEY)

MENDED: dict[Callable[[], object], str] = {
    lambda: model(x, inference=True): "jax.vmap(lambda a: model(a, inference=True))(x)",
    lambda: model(x, key=KEY): "jax.vmap(model)(x, key=jax.random.split(KEY, 64))",
    lambda: model(x, KEY): "jax.vmap(model)(x, jax.random.split(KEY, 64))",
    lambda: scaled(x, jnp.ones(3)): "jax.vmap(scaled, in_axes=(0, None))(x, jnp.ones(3))",
    lambda: jax.vmap(mlp)(x.reshape(4, 16, 3)): "jax.vmap(jax.vmap(mlp))(x.reshape(4, 16, 3))",
    lambda: functools.partial(mlp)(x): "jax.vmap(functools.partial(mlp))(x)",
    lambda: jax.jit(add)(x, "one"): "eqx.filter_jit(add)(x, \"one\")",
    lambda: jax.grad(lambda m: m(x[0]).sum())(mlp): (
        "eqx.filter_grad(lambda m: m(x[0]).sum())(mlp)"
    ),
    lambda: jax.grad(loss, argnums=0, has_aux=True)(mlp, x, y): (
        "eqx.filter_grad(loss, has_aux=True)(mlp, x, y)"
    ),
    lambda: optax.adam(1e-3).init(mlp): "eqx.filter(mlp, eqx.is_inexact_array)",
    lambda: jax.vmap(add)(x, y[1:]): "",
    lambda: jax.vmap(add)(x, 0.1): "jax.vmap(add, in_axes=(0, None))(x, 0.1)",
    lambda: jax.vmap(add, in_axes=(0, 1))(x, y): "jax.vmap(add, in_axes=(0, None))(x, y)",
    lambda: jax.vmap(add, in_axes=(0, 1))(y, x): "jax.vmap(add, in_axes=(0, 0))(y, x)",
    lambda: jax.vmap(add, in_axes=(0,))(x, y): "jax.vmap(add, in_axes=(0, 0))(x, y)",
    lambda: jax.vmap(model)(x, KEY): "jax.vmap(model)(x, jax.random.split(KEY, 64))",
    lambda: jax.vmap(loss, in_axes=(None, 0, None))(mlp, x, y.astype(int)): (
        "jax.vmap(loss, in_axes=(None, 0, 0))(mlp, x, y.astype(int))"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "line"), MENDED.items(), ids=map(str, range(len(MENDED))))
def test_the_line_is_written_as_it_should_be(call: Callable[[], object], line: str):
    (problem,) = diagnosed(call)
    assert problem.file == __file__
    assert line in problem.fix_code


@pytest.mark.parametrize(
    "call",
    [
        lambda: mlp(jnp.ones((64, 4))),
        lambda: mlp(x.T),
        lambda: jax.vmap(mlp)(jnp.ones((64, 4))),
        lambda: jax.jit(lambda a, name: a + name, static_argnums=1)(x, "a"),
        lambda: jax.grad(lambda a: a * 2)(x),
        lambda: jax.grad(lambda n: n * 2.0)(3),
        lambda: model(x[0]),
        lambda: jax.vmap(lambda a: a.reshape(7))(x),
    ],
)
def test_what_fails_for_another_reason_is_not_explained(call: Callable[[], object]):
    assert diagnosed(call) == []


def test_what_a_model_prints_is_not_printed_again(capsys: pytest.CaptureFixture[str]):
    class Printing(Model):
        def __call__(self, x: jax.Array, key: Any = None, inference: bool = True) -> jax.Array:
            print("called with", x.shape)
            return super().__call__(x, inference=True)

    printing = Printing(model.layer, model.dropout)
    (problem,) = diagnosed(lambda: printing(x))
    assert problem.code == "EQX104"
    assert capsys.readouterr().out == "called with (64, 3)\n"


def test_arrays_are_not_read():
    gone = jnp.ones((64, 3))
    host = np.ones((5, 3), np.float32)

    def call() -> None:
        try:
            mlp(gone)
        finally:
            gone.delete()

    assert [problem.code for problem in diagnosed(call)] == ["EQX104"]
    assert [problem.code for problem in diagnosed(lambda: mlp(host))] == ["EQX104"]


def test_a_model_that_does_not_come_to_its_end_is_given_up():
    calls: list[int] = []

    class Endless(eqx.Module):
        def __call__(self, x: jax.Array) -> jax.Array:
            calls.append(1)
            while len(calls) > 1:
                pass
            raise ValueError("not in the first call")

    endless = Endless()
    # Long enough for a busy machine to come to the second call.
    assert diagnosed(lambda: endless(x), seconds=3.0) == []
    assert len(calls) == 2
    for thread in threading.enumerate():
        if thread.name == "eqxviz-diagnosis":
            thread.join(30)
            assert not thread.is_alive()


def test_an_object_that_refuses_to_be_looked_at_is_left_alone():
    class Refusing:
        def __getattribute__(self, name: str) -> Any:
            raise OSError(f"no {name}")

    refusing = Refusing()
    assert diagnosed(lambda: mlp(refusing)) == []


def test_what_an_exception_was_raised_from_is_explained():
    def call() -> None:
        try:
            mlp(x)
        except Exception as error:
            raise RuntimeError("the training failed") from error

    assert [problem.code for problem in diagnosed(call)] == ["EQX104"]
