"""Keys for tests."""

import os
import random
from dataclasses import dataclass

import jax


@dataclass(init=False, eq=False)
class GetKey:
    """Returns a new key each time it is called. Meant as a fixture of tests, and for nothing else.

    ::

        @pytest.fixture
        def getkey():
            return GetKey()

    Args:
        seed: Without it, that in the environment variable `EQX_GETKEY_SEED` is taken, and if there
            is none, a random one: a test is to hold for any. It is shown when a test fails.
    """

    seed: int
    #: How many keys were returned.
    call: int
    key: jax.Array

    def __init__(self, seed: int | None = None) -> None:
        if seed is None:
            given = os.environ.get("EQX_GETKEY_SEED")
            seed = random.randint(0, 2**31 - 1) if given is None else _whole_number(given)
        self.seed = seed
        self.call = 0
        self.key = jax.random.PRNGKey(seed)

    def __call__(self) -> jax.Array:
        self.call += 1
        return jax.random.fold_in(self.key, self.call)


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(
            f"The environment variable EQX_GETKEY_SEED is {text!r}: it must be a whole number."
        ) from None
