"""The `strict` keyword of a class statement."""

from typing import Literal


def StrictConfig(force_abstact: bool = False, **kwargs: object) -> Literal[False] | None:
    """Return what to give as `strict=` in `class MyModule(Module, strict=...)`.

    Args:
        force_abstact: Refuse to make instances of the class, though nothing in it is abstract.
            (The spelling is part of the interface.)
        kwargs: Accepted for the sake of older code, and ignored.
    """
    return None if force_abstact else False
