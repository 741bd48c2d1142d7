import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    ensemble_step = getattr(answer, "ensemble_step", None)
    assert callable(ensemble_step), (
        "There is no function `ensemble_step`. Define `ensemble_step(models, x, y)`."
    )
    for n in (3, 5):
        models = [eqx.nn.MLP(1, 1, 4, 1, activation=jnp.tanh, key=jr.key(i)) for i in range(n)]
        _check_step(ensemble_step, models)


def _check_step(ensemble_step, models):
    n = len(models)
    x = jnp.linspace(-2, 2, 7)[:, None]
    y = jnp.sin(x)
    stacked = jax.tree.map(
        lambda *leaves: jnp.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0], *models
    )
    try:
        found = ensemble_step(stacked, x, y)
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"`ensemble_step` could not be called with {n} members and 7 examples: "
            f"{_sentence(error)} See whether the members or the data are mapped over."
        ) from error
    size = len(found) if isinstance(found, tuple | list) else 1
    assert size == 2, (
        f"`ensemble_step` returned {type(found).__name__}, and is to return a pair: the losses and "
        "the new ensemble."
    )
    losses, new = np.asarray(found[0]), found[1]
    expected = [_step(model, x, y) for model in models]
    assert losses.shape == (n,), (
        f"For {n} members the losses have shape {losses.shape}, and are to have ({n},): one for "
        "each member. See what becomes of the axis of the members."
    )
    assert np.allclose(losses, [loss for loss, _ in expected], rtol=1e-4), (
        f"The losses are {losses}, and the members alone have "
        f"{np.array([loss for loss, _ in expected])} before the step."
    )
    for i, (_, one) in enumerate(expected):
        before, after = models[i].layers[0].weight, one.layers[0].weight
        moved = _norm(new.layers[0].weight[i] - before)
        alone = _norm(after - before)
        assert _close(new, one, i), (
            f"Of {n} members, number {i} moved its first weight by {moved:.4f} in one step, and by "
            f"{alone:.4f} in `fit_step` as given. The members are independent of each other: look "
            "at what is differentiated, and what is mapped."
        )


def _step(model, x, y):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model)
    return loss, eqx.apply_updates(model, jax.tree.map(lambda leaf: -0.2 * leaf, gradients))


def _close(ensemble, model, i):
    several, one = (jax.tree.leaves(eqx.filter(tree, eqx.is_array)) for tree in (ensemble, model))
    return all(np.allclose(a[i], b, atol=1e-5) for a, b in zip(several, one, strict=True))


def _norm(array):
    return float(jnp.linalg.norm(array))


def _sentence(error):
    return str(error).rstrip(".") + "."
