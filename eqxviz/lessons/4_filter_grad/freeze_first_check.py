import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx

RATE = 0.1


def check(answer):
    step = getattr(answer, "step", None)
    assert callable(step), "There is no function `step`. Define `step(model, x, y)`."
    for depth in (1, 3):
        model = eqx.nn.MLP(2, 3, width_size=5, depth=depth, activation=jnp.tanh, key=jr.key(depth))
        for turn in range(2):
            model = _check(step, model, depth, turn)


def _check(step, model, depth, turn):
    x, y = jr.normal(jr.key(10 + turn), (6, 2)), jr.normal(jr.key(20 + turn), (6, 3))
    found = step(model, x, y)
    is_pair = isinstance(found, tuple | list) and len(found) == 2
    assert is_pair, (
        f"`step` returned {type(found).__name__} instead of a pair: the loss and the new model."
    )
    loss, new = found
    assert isinstance(new, eqx.nn.MLP), (
        f"The second result of `step` is a {type(new).__name__} instead of the new MLP."
    )
    expected_loss, gradients = _loss_and_gradients(model, x, y)
    assert np.allclose(loss, expected_loss, rtol=1e-4), (
        f"For an MLP of depth {depth}, `step` returned the loss {loss}, and before the change it "
        f"was {expected_loss}."
    )
    for i, (before, after, gradient) in enumerate(
        zip(model.layers, new.layers, gradients.layers, strict=True)
    ):
        for name in ("weight", "bias"):
            path = f"model.layers[{i}].{name}"
            old, now = getattr(before, name), getattr(after, name)
            assert eqx.is_array(now), f"`{path}` is {now} after a step. The model has to be whole."
            moved = float(np.max(np.abs(np.asarray(now) - np.asarray(old))))
            if i == 0:
                assert moved == 0, (
                    f"`{path}` changed by up to {moved:.3g} in a step of an MLP of depth {depth}. "
                    "It is part of the first layer, which is to stay as it is."
                )
                continue
            expected = old - RATE * getattr(gradient, name)
            assert np.allclose(now, expected, atol=1e-5), (
                f"`{path}` changed by up to {moved:.3g} in a step of an MLP of depth {depth}, and "
                f"by up to {float(np.max(np.abs(expected - old))):.3g} before. Only the first "
                "layer is to be frozen."
            )
    try:
        new(x[0])
    except TypeError as error:
        raise AssertionError(
            f"The model that `step` returned can't be called: {error}. Is it whole?"
        ) from error
    return new


@eqx.filter_jit
@eqx.filter_value_and_grad
def _loss_and_gradients(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)
