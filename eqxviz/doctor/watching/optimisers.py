"""Seeing what the user's code hands to Optax's optimisers."""

import ast
import functools
import sys
from collections.abc import Callable, Mapping
from types import FrameType, ModuleType
from typing import Any

import executing

from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Line, OptimiserUse

# `Protocol`s of Optax name them so; an optimiser's own functions may call them anything.
PARAMETERS = {"init": ("params",), "update": ("updates", "state", "params")}


class OptimiserDoor:
    """`optax.GradientTransformation`: its two members, as user code reads them, tell of a call."""

    def __init__(
        self, optax: ModuleType, user_code: UserCode, tell: Callable[[OptimiserUse], None]
    ) -> None:
        self._class: Any = optax.GradientTransformation
        self._user_code = user_code
        self._tell = tell
        self._originals = {name: vars(self._class)[name] for name in PARAMETERS}
        for name, original in self._originals.items():
            setattr(self._class, name, self._member(name, original))

    def close(self) -> None:
        for name, original in self._originals.items():
            setattr(self._class, name, original)

    def _member(self, name: str, original: Any) -> property:
        def read(optimiser: Any) -> Any:
            function = original.__get__(optimiser)
            frame = sys._getframe(1)
            if not self._user_code.is_user(frame.f_code.co_filename):
                return function
            return self._told(name, function)

        return property(read, doc=original.__doc__)

    def _told(self, name: str, function: Any) -> Any:
        @functools.wraps(function)
        def telling(*args: Any, **kwargs: Any) -> Any:
            error: BaseException | None = None
            result: Any = None
            try:
                result = function(*args, **kwargs)
                return result
            except Exception as raised:
                error = raised
                raise
            finally:
                frame = self._user_code.frame_from(sys._getframe(1))
                if frame is not None:
                    self._see(name, frame, args, kwargs, result, error)

        return telling

    def _see(
        self,
        name: str,
        frame: FrameType,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        result: Any,
        error: BaseException | None,
    ) -> None:
        names = PARAMETERS[name]
        trees = {**dict(zip(names, args, strict=False)), **kwargs}
        texts = _texts(frame, names)
        at = Line(frame.f_code.co_filename, frame.f_lineno)
        self._tell(OptimiserUse(name, at, trees, texts, result, error))


def _texts(frame: FrameType, names: tuple[str, ...]) -> dict[str, str]:
    """Return how the call that `frame` makes writes its arguments, by parameter."""
    node: Any = executing.Source.executing(frame).node
    if not isinstance(node, ast.Call):
        return {}
    given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    return {name: ast.unparse(value) for name, value in given.items()}
