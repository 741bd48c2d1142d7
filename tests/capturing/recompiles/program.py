"""Small programs that compile a function again, each stating why.

How a cause is written, in every program:

- A path begins with the name of the parameter, or with `self`, and goes on as one would write it
  in Python: `model.layers[2].n`, `batch["image"]`, `options["scale"]` for a `**options`.
- Arrays are `f32[8,3]`, those of a weak type `weak f32[]`. Whichever of the shape, the dtype and
  the weak type differ are causes of their own, each with both texts whole.
- Other values are written as `analysis.short_text` does: `'gelu'`, `<function relu>`, `3`.
- Dict keys: the keys that only the earlier call had, and those that only the later one has:
  `'label'` and `'target'`, `` and `'mask'`.
- Node types: the names of the types, `list` and `tuple`; of a leaf, the array or the value.
- Structure: `list of 2` and `list of 3`, `tuple of 1` for a `*args`. An argument that is left to
  its default is `not given`, and else told by its value. One that is now named and was not is
  `by position` and `by keyword`.
- Devices are `cpu:0`; an array is `committed` or `uncommitted`.
- A call within a transformation is `none`, `grad`, `vmap of grad`, the outermost first, with no
  path; an argument is told of only if the calls are within the same, and it is traced otherwise.
  Then its shape is the whole array's, mapped axes included.
- The options of the jitting are told by their names, `donate_argnums`, and their values; so are
  the settings of JAX, `jax_enable_x64`.
- A function made anew has the path of the argument, or none if it is the jitted one itself; its
  texts are not stated, nor are those of shardings and of a cache that was emptied.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import equinox
import jax

import eqxcore
from eqxviz.records import Cause, CauseKind, CompileEvent, JitFlavour

EQXCORE, EQUINOX, JAX = JitFlavour.EQXCORE, JitFlavour.EQUINOX, JitFlavour.JAX
FILTERED = (EQXCORE, EQUINOX)
ALL = (*FILTERED, JAX)

Body = Callable[[Any, ModuleType], None]  # (jit, eqx): what jits, and the library of Modules


@dataclass(frozen=True)
class Why:
    """A cause as a program states it; a text that is None may be any."""

    kind: CauseKind
    path: str
    old: str | None
    new: str | None

    def says(self, cause: Cause) -> bool:
        """Whether `cause` is this one."""
        texts = ((self.old, cause.old), (self.new, cause.new))
        here = (cause.kind, cause.path) == (self.kind, self.path)
        return here and all(stated in (None, text) for stated, text in texts)


@dataclass(frozen=True)
class Program:
    """A program in which `function` is compiled once, and again for each of `recompiles`.

    The backward halves of its gradients, which JAX compiles after its calls, are counted apart.
    """

    sentence: str
    body: Body
    function: str
    recompiles: tuple[frozenset[Why], ...]
    flavours: tuple[JitFlavour, ...]
    n_backward: int

    def run(self, flavour: JitFlavour) -> None:
        """Run the program with the `jit` that is in force now."""
        eqx = equinox if flavour is EQUINOX else eqxcore
        self.body(jax.jit if flavour is JAX else eqx.filter_jit, eqx)

    def check(self, function: int, compiles: Sequence[CompileEvent]) -> None:
        """Compare what was captured of `function` with what the program states."""
        events = [event for event in compiles if event.function == function]
        told = [list(event.causes) for event in events]
        assert len(told) == 1 + len(self.recompiles), told
        assert told[0] == []
        assert events[0].nearest == -1
        known = [events[0].id]
        for event, stated in zip(events[1:], self.recompiles, strict=True):
            assert event.nearest in known
            known.append(event.id)
            left = [cause for cause in event.causes if not any(why.says(cause) for why in stated)]
            missed = [why for why in stated if not any(why.says(cause) for cause in event.causes)]
            assert not left, f"told, not stated: {left}; missed: {missed}"
            assert not missed, f"stated, not told: {missed}"


class Gallery:
    """Programs by their sentences, in the order in which they were written."""

    def __init__(self) -> None:
        self.programs: list[Program] = []

    def program(
        self,
        sentence: str,
        *recompiles: Why | Sequence[Why],
        function: str = "step",
        by: tuple[JitFlavour, ...] = ALL,
        n_backward: int = 0,
    ) -> Callable[[Body], Body]:
        """Return a decorator that enters a program, given what each recompile is caused by."""
        assert all(sentence != other.sentence for other in self.programs), sentence
        causes = [(each,) if isinstance(each, Why) else each for each in recompiles]

        def enter(body: Body) -> Body:
            whole = tuple(frozenset(each) for each in causes)
            self.programs.append(Program(sentence, body, function, whole, by, n_backward))
            return body

        return enter

    @property
    def cases(self) -> list[Any]:
        """Every program with every flavour it is for, as parameters of a test."""
        import pytest

        return [
            pytest.param(program, flavour, id=f"{program.sentence}, by {flavour}")
            for program in self.programs
            for flavour in program.flavours
        ]
