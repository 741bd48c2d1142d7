"""A capture of the test's own process, and what it has told."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import equinox
import jax
import numpy as np
import pytest

import eqxcore
from eqxviz import capturing
from eqxviz.capturing import Capture, Gate
from eqxviz.records import CompileEvent, FunctionSeen, MetricBatch, Problem, Record

from .held_script import Script

_R = TypeVar("_R", bound=Record)


class Seen:
    """The records of a capture."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.gate = Gate()
        self.capture: Capture | None = None

    def take(self, records: Sequence[Record]) -> None:
        self.records += records

    def of(self, kind: type[_R]) -> list[_R]:
        """Return the records of type `kind`, after all that was seen has been handed over."""
        assert self.capture is not None
        self.capture.flush()
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def functions(self) -> dict[str, FunctionSeen]:
        """The functions by name."""
        return {_short(function.name): function for function in self.of(FunctionSeen)}

    @property
    def curves(self) -> dict[str, list[float]]:
        """The values of each curve, by its name."""
        batches = self.of(MetricBatch)
        names = {series.id: series.name for batch in batches for series in batch.new_series}
        points: dict[str, list[float]] = {name: [] for name in names.values()}
        for batch in batches:
            for series, value in zip(batch.series, batch.value, strict=True):
                points[names[int(series)]].append(float(value))
        return points

    @property
    def steps(self) -> list[int]:
        """The step of each point."""
        return [int(s) for s in np.concatenate([b.step for b in self.of(MetricBatch)])]

    def calls(self, name: str) -> int:
        """How often the function called `name` was called."""
        assert self.capture is not None
        assert self.capture.observer is not None
        rows = self.capture.observer.functions
        return sum(row.calls for row in rows if _short(row.seen.name) == name)

    @property
    def compiles(self) -> list[CompileEvent]:
        """Every compilation."""
        return self.of(CompileEvent)

    @property
    def problems(self) -> list[Problem]:
        """What could not be observed."""
        return self.of(Problem)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Have capture at work meanwhile."""
        import jax  # noqa: F401 - as a script would have done

        self.capture = capturing.install(self.take, self.gate, str(Path(__file__).parent))
        try:
            yield
        finally:
            capturing.uninstall()


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Capture is at work during the test, which must bring no problem to light."""
    seen = Seen()
    with seen.watching():
        yield seen
    assert seen.problems == []


@pytest.fixture
def script(seen: Seen) -> Iterator[Callable[..., Script]]:
    """Make a script of the functions that its threads run; it comes to its end after the test."""
    made: list[Script] = []

    def make(*works: Callable[[], Any]) -> Script:
        made.append(Script(seen, *works))
        return made[-1]

    yield make
    for each in made:
        each.join()


@pytest.fixture(params=["jax", "eqxcore", "equinox"])
def jit(request: pytest.FixtureRequest, seen: Seen) -> Callable[..., Any]:
    """How a step is jitted: as long as it is watched, `jax.jit` is another one."""
    return {"jax": jax.jit, "eqxcore": eqxcore.filter_jit, "equinox": equinox.filter_jit}[
        request.param
    ]


def _short(name: str) -> str:
    """Leave out the test that a function is defined in."""
    return name.rpartition(".")[2]
