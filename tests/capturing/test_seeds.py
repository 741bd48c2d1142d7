"""The seeds that the script's own code sets are seen, once each."""

import inspect
import pickle
import random
from typing import Any

import jax
import numpy as np

from eqxviz.records import SeedSeen

from .conftest import Seen


def seeds(seen: Seen) -> list[tuple[str, str]]:
    return [(seed.source, seed.seed) for seed in seen.of(SeedSeen)]


def test_each_generator_that_is_seeded_is_seen_with_its_line(seen: Seen):
    first = inspect.currentframe().f_lineno  # type: ignore[union-attr]  # CPython has frames
    random.seed(1)
    np.random.seed(2)
    np.random.default_rng(np.int64(3))
    jax.random.key(4)
    jax.random.PRNGKey(seed=5)
    found = seen.of(SeedSeen)
    assert [(seed.source, seed.seed) for seed in found] == [
        ("random.seed", "1"),
        ("numpy.random.seed", "2"),
        ("numpy.random.default_rng", "3"),
        ("jax.random.key", "4"),
        ("jax.random.PRNGKey", "5"),
    ]
    assert [(seed.file, seed.line - first) for seed in found] == [
        (__file__, i + 1) for i in range(5)
    ]


def test_what_is_seeded_again_and_again_is_told_a_few_times(seen: Seen):
    for _ in range(3):
        jax.random.key(0)
    for i in range(100):
        np.random.default_rng(i)
    assert seeds(seen)[0] == ("jax.random.key", "0")
    assert 1 < len(seeds(seen)) < 10


def test_what_is_no_int_is_no_seed(seen: Seen):
    random.seed("words")
    np.random.default_rng()
    np.random.default_rng([1, 2])
    assert seeds(seen) == []


def test_seeds_set_by_installed_packages_are_none_of_the_scripts(seen: Seen):
    jax.random.split(jax.random.key(7))
    source = "import random\ndef shuffle(): random.seed(9)"
    package: dict[str, Any] = {}
    exec(compile(source, random.__file__, "exec"), package)
    package["shuffle"]()
    assert seeds(seen) == [("jax.random.key", "7")]


def test_the_functions_work_as_they_do_elsewhere(seen: Seen):
    random.seed(3)
    a = random.random()
    random.seed(a=3)
    assert random.random() == a
    assert np.random.default_rng(5).integers(1000) == np.random.default_rng(seed=5).integers(1000)
    assert jax.random.key(1) == jax.random.key(1)
    assert list(inspect.signature(jax.random.key).parameters)[:2] == ["seed", "impl"]
    for function in (jax.random.key, np.random.default_rng, np.random.seed):
        assert pickle.loads(pickle.dumps(function)) is function
    assert jax.jit(lambda seed: jax.random.key(seed))(3) == jax.random.key(3)


def test_after_capture_the_functions_are_their_own_again():
    before = (random.seed, np.random.seed, np.random.default_rng, jax.random.key)
    seen = Seen()
    with seen.watching():
        assert random.seed is not before[0]
    assert (random.seed, np.random.seed, np.random.default_rng, jax.random.key) == before
