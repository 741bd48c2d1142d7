"""What is of JAX, told by classes without importing it: before the script does, nothing is."""

import sys
from typing import Any


def is_imported() -> bool:
    """Whether the script has imported JAX, so far that there are its arrays."""
    return _array() is not None


def is_array_class(cls: type) -> bool:
    """Whether instances of `cls` are arrays of JAX, those apart that stand for one in a trace."""
    array = _array()
    return array is not None and issubclass(cls, array) and not is_tracer_class(cls)


def is_tracer_class(cls: type) -> bool:
    """Whether instances of `cls` stand for an array while a function is traced."""
    tracer = getattr(getattr(sys.modules.get("jax"), "core", None), "Tracer", None)
    return tracer is not None and issubclass(cls, tracer)


def is_shape_class(cls: type) -> bool:
    """Whether instances of `cls` are shapes and dtypes of arrays that there are not."""
    shape = getattr(sys.modules.get("jax"), "ShapeDtypeStruct", None)
    return shape is not None and issubclass(cls, shape)


def shows_own_frames() -> bool:
    """Whether JAX is asked to show its own frames in tracebacks: `JAX_TRACEBACK_FILTERING=off`."""
    config = getattr(sys.modules.get("jax"), "config", None)
    return getattr(config, "jax_traceback_filtering", "auto") == "off"


def _array() -> Any:
    return getattr(sys.modules.get("jax"), "Array", None)
