import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    gradients = getattr(answer, "gradients", None)
    assert callable(gradients), (
        "There is no function `gradients`. Define `gradients(encoder, decoder, x)`."
    )
    for size, encoder, decoder in (
        (3, eqx.nn.Linear(3, 2, key=jr.key(1)), eqx.nn.Linear(2, 3, key=jr.key(2))),
        (
            2,
            eqx.nn.MLP(2, 3, 4, 1, activation=jnp.tanh, key=jr.key(3)),
            eqx.nn.MLP(3, 2, 4, 1, activation=jnp.tanh, key=jr.key(4)),
        ),
    ):
        x = jr.normal(jr.key(5), (size,))
        found = gradients(encoder, decoder, x)
        is_pair = isinstance(found, tuple | list) and len(found) == 2
        assert is_pair, (
            f"`gradients` returned {type(found).__name__} instead of a pair `(of_encoder, "
            "of_decoder)`."
        )
        expected = _gradients((encoder, decoder), x)
        for name, got, right in zip(("encoder", "decoder"), found, expected, strict=True):
            _compare(name, got, right)


def _compare(name, found, expected):
    found, expected = _leaves(found), _leaves(expected)
    assert list(found) == list(expected), (
        f"The gradient of `{name}` has the arrays {list(found)}, and `{name}` has "
        f"{list(expected)} to differentiate."
    )
    for path, right in expected.items():
        got = found[path]
        assert np.shape(got) == right.shape, (
            f"The gradient of `{name}{path}` has shape {np.shape(got)}, and `{name}{path}` has "
            f"shape {right.shape}. Is the order of the pair right?"
        )
        assert np.allclose(got, right, atol=1e-5), (
            f"The gradient of `{name}{path}` is\n{got}\ninstead of\n{right}\nIs it the gradient of "
            "the whole loss, with respect to this one?"
        )


def _leaves(tree):
    return {
        jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    }


@eqx.filter_grad
def _gradients(pair, x):
    encoder, decoder = pair
    return jnp.sum((decoder(encoder(x)) - x) ** 2)
