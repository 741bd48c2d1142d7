"""Dtypes as jaxprs print them."""

import functools
from typing import Any

_SHORT_KINDS = (("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i"), ("complex", "c"))


@functools.lru_cache(maxsize=4096)
def short_dtype(dtype: Any) -> str:
    """Return `dtype` as jaxprs print it: `f32`, `bf16`, `key<fry>`."""
    name = str(dtype)
    for long, short in _SHORT_KINDS:
        if name.startswith(long) and name[len(long) : len(long) + 1].isdigit():
            return short + name[len(long) :]
    return name
