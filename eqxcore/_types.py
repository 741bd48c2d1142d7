"""What every part of the package needs: the absent argument, and how messages show a value."""

from typing import Any, Final


class _Absent:
    """The type of `sentinel`; it has one instance."""

    def __repr__(self) -> str:
        return "<not given>"


#: Stands for an argument that was not given, where `None` means something.
sentinel: Final[Any] = _Absent()


def summary(value: Any) -> str:
    """Return `value` in a few words, for a message: `float32[2,3]`, `a list of 3`, `a Linear`."""
    # Not `isinstance`: this part of the package goes without JAX.
    if not isinstance(value, type) and hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{value.dtype}[{','.join(map(str, value.shape))}]"
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    if isinstance(value, dict):
        return f"a {type(value).__name__} with the keys {list(value)!r:.80}"
    if isinstance(value, (tuple, list, set, frozenset)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = getattr(value, "__name__", None)
    if callable(value) and isinstance(name, str):
        return f"the function {name}"
    return f"a {type(value).__name__}"
