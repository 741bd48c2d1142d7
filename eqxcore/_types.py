"""What every part of the package needs to name: the absent argument."""

from typing import Any, Final


class _Absent:
    """The type of `sentinel`; it has one instance."""

    def __repr__(self) -> str:
        return "<not given>"


#: Stands for an argument that was not given, where `None` means something.
sentinel: Final[Any] = _Absent()
