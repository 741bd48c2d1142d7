"""One object stands in two places of a model.

JAX takes a PyTree for a tree: what it finds in two places it takes for two things. One layer or
array that is stored twice is one as long as nothing has been done to the model. The first
transformation that returns it (a training step) makes two of it, which from then on are trained
apart. It is also counted, and its gradient computed, twice.

Store it once, and use it where it is needed:

    class Model(eqx.Module):
        layer: eqx.nn.Linear

        def __call__(self, x):
            return self.layer(jax.nn.relu(self.layer(x)))

or, where two layers need the same array, tie them with `eqx.nn.Shared`.
"""

from collections.abc import Iterator

from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.shared import SharedObject, shared_objects, tying_code
from eqxviz.doctor.seen import Line
from eqxviz.records import Problem, Severity, ShareKind

CODE = "EQX102"
TITLE = "The same object in two places"

_MOST_NAMED = 4
_WORDS = {ShareKind.MODULE: "Module", ShareKind.CONTAINER: "container", ShareKind.ARRAY: "array"}


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each object that a model holds more than once."""
    told: set[tuple[Line, tuple[str, ...]]] = set()
    for shared in shared_objects(evidence):
        key = shared.made_at, tuple(path.partition(".")[2] for path in shared.paths)
        if key not in told:
            told.add(key)
            yield _problem(shared)


def _problem(shared: SharedObject) -> Problem:
    named = [f"`{path}`" for path in shared.paths[:_MOST_NAMED]]
    more = len(shared.paths) - _MOST_NAMED
    told = f"{', '.join(named)} and {more} more" if more > 0 else _joined(named)
    what = shared.type_name if shared.kind is not ShareKind.ARRAY else shared.summary
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: {named[0]} and {named[1]}",
        f"{told} are one {_WORDS[shared.kind]} ({what}). A training step returns a copy for each "
        "place, and they are trained apart from then on.",
        "Store it once and use it where it is needed, or tie the places with `eqx.nn.Shared`.",
        *shared.made_at,
        fix_code=tying_code(shared),
    )


def _joined(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
