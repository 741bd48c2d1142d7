"""The oldest JAX that eqxviz can look into, known without importing any."""

import re

MINIMUM_JAX = (0, 10, 0)


def version_numbers(version: str) -> tuple[int, ...]:
    """Return the first three numbers of a version: `(0, 10, 2)` of "0.10.2.dev1"."""
    return tuple(int(n) for n in re.findall(r"\d+", version)[:3])


def is_too_old(version: str) -> bool:
    """Whether a JAX of that version is older than the minimum."""
    return version_numbers(version) < MINIMUM_JAX


def why_too_old(version: str, lacking: str = "current introspection API") -> str:
    """Return what a JAX of that version lacks, which one is needed, and how to get it."""
    wanted = ".".join(map(str, MINIMUM_JAX))
    return (
        f"JAX {version} has no {lacking}; eqxviz needs JAX {wanted} or newer. "
        f"Install it with: pip install 'jax>={wanted}'"
    )
