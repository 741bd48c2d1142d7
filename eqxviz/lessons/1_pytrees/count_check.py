import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Block(eqx.Module):
    norm: eqx.nn.LayerNorm
    gain: jax.Array

    def __init__(self, size):
        self.norm = eqx.nn.LayerNorm(size)
        self.gain = jnp.ones(())


CASES = [
    ("a matrix of shape (2, 3)", jnp.ones((2, 3)), 6),
    ("an array of shape (2, 3, 4)", jnp.ones((2, 3, 4)), 24),
    ("a scalar array, of shape ()", jnp.asarray(1.0), 1),
    ("an empty list", [], 0),
    ("a list of a matrix and None", [jnp.ones((2, 2)), None], 4),
    ("nested lists and tuples", [(jnp.ones(3), [jnp.ones((1, 4))])], 7),
    ("a dictionary", {"w": jnp.ones((5, 2)), "b": {"c": jnp.ones(5)}}, 15),
    ("an array of 5 integers", jnp.arange(5), 0),
    ("an array of 3 Booleans", jnp.ones(3, bool), 0),
    ("a random key", jr.key(0), 0),
    ("a function, a string, and the number 2.5", (jax.nn.relu, "name", 2.5), 0),
    ("an array of 16-bit numbers", jnp.ones(4, jnp.bfloat16), 4),
    ("eqx.nn.Linear(3, 5)", eqx.nn.Linear(3, 5, key=jr.key(0)), 20),
    ("an eqx.nn.MLP", eqx.nn.MLP(3, 2, 5, 2, key=jr.key(0)), 62),
    ("a Module with a scalar array", Block(4), 9),
    ("a list of two layers", [eqx.nn.Linear(2, 2, key=key) for key in jr.split(jr.key(0))], 12),
]


def check(answer):
    count = getattr(answer, "count_parameters", None)
    assert callable(count), (
        "There is no function `count_parameters`. Define `count_parameters(tree)`."
    )
    for name, tree, expected in CASES:
        try:
            found = count(tree)
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            raise AssertionError(
                f"For {name}, `count_parameters` raised {type(error).__name__}: {error}. The "
                f"leaves are {jax.tree.leaves(tree)}: see which of them it can't count."
            ) from error
        assert found is not None, "`count_parameters` returned None. Does it return its result?"
        shape = getattr(found, "shape", ())
        assert shape == (), (
            f"For {name}, `count_parameters` returned an array of shape {shape} instead of one "
            "number."
        )
        assert found == expected, (
            f"For {name}, `count_parameters` returned {found}; the right number is {expected}. See "
            "which leaves are counted, and how many numbers each of them has."
        )
