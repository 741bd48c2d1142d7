"""An array that is never trained, or is trained by mistake.

A gradient that is zero, whatever the data, trains nothing, and JAX says nothing about it. It is
zero where the loss does not depend on an array (a layer that is made but never called), or only by
ways that have no slope: `argmax`, `round`, `sign`, a comparison, a conversion to integers,
`stop_gradient`. An array of integers has no gradient at all, and one that a filter spec leaves out
is not differentiated. In the place of what has no slope, give on the gradient of what went in:

    rounded = weight + jax.lax.stop_gradient(jnp.round(weight) - weight)

The other way round, a table or a mean that is held as an array of floating-point numbers is trained
like any other. Mark it where it is used, all the arrays of that kind:

    x = (x - jax.lax.stop_gradient(self.mean)) / jax.lax.stop_gradient(self.std)

and keep weight decay, which needs no gradient, away from it:

    optax.adamw(1e-3, mask=eqx.tree_at(lambda m: m.mean, decayed, False))

What is frozen on purpose is left alone: by `stop_gradient` of the array itself, or by a filter spec
that leaves out a whole layer.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from eqxviz.analysis.differentiation import is_of_jax
from eqxviz.analysis.modules import has_call
from eqxviz.doctor.code.source import text_of
from eqxviz.doctor.code.writing import library_in
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.declaring import line_that_made, users_field
from eqxviz.doctor.finding.readers import are_read_elsewhere
from eqxviz.doctor.finding.training import Training, trainings
from eqxviz.doctor.finding.untrained import Finding, Why, findings
from eqxviz.doctor.seen import Line
from eqxviz.doctor.watching.differentiating import Leaf
from eqxviz.records import Problem, Severity

CODE = "EQX108"
TITLE = "Never trained"
TITLE_MOVED = "Trained by mistake"

_MOST_NAMED = 3
_COMPARISONS = {
    "gt": ">",
    "ge": ">=",
    "lt": "<",
    "le": "<=",
    "eq": "==",
    "ne": "!=",
    "eq_to": "==",
    "lt_to": "<",
    "le_to": "<=",
}


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each part of a model that is not trained, or should not be."""
    problems: dict[tuple[Why, str, int], Problem] = {}
    names: dict[tuple[Why, str, int], list[str]] = {}
    for finding in findings(evidence, list(trainings(evidence))):
        problem = _WORDS[finding.why](evidence, finding)
        key = finding.why, problem.file, problem.line
        problems.setdefault(key, problem)
        known = names.setdefault(key, [])
        if finding.name not in known:
            known.append(finding.name)
    for key, problem in problems.items():
        likewise = names[key][1:]
        if likewise:
            problem = replace(problem, why=f"{problem.why} So it is with {_listed(likewise)}.")
        yield problem


def _unused(evidence: Evidence, finding: Finding) -> Problem:
    name = finding.name
    is_later = are_read_elsewhere(evidence, finding)
    text = finding.training.root or "the model"
    return Problem(
        CODE,
        Severity.NOTE if is_later else Severity.WARNING,
        f"{TITLE}: `{name}`",
        f"What is differentiated by `{text}` does not depend on {_all_of(finding)}: the gradient "
        f"is zero whatever the data.{_shrunk(finding)}"
        + (" It is used elsewhere, by functions that took no part." if is_later else ""),
        f"Use `{name}` where the loss is computed, or remove it.",
        *_made_at(evidence, finding),
        fix_code=_use_of(evidence, finding),
    )


def _use_of(evidence: Evidence, finding: Finding) -> str:
    """Return how the arrays would be used: "self.skip(x)"."""
    leaf, depth = finding.leaves[0], finding.depth
    field = users_field(evidence, leaf, depth)
    code = finding.name
    if field is not None:
        start = next(i for i, cls in enumerate(leaf.types) if cls is field[0])
        code = "self" + leaf._replace(keys=leaf.keys[start:depth]).path
    is_called = depth < len(leaf.types) and has_call(leaf.types[depth])
    return f"{code}(x)" if is_called else code


def _cut(evidence: Evidence, finding: Finding) -> Problem:
    assert finding.cut is not None
    primitive = finding.cut.equation.primitive.name
    at = _line_of_cut(evidence, finding) or finding.training.of.at
    line = text_of(at)
    word, fix, code = _way_round(primitive, finding, line)
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: `{finding.name}`, cut off by {word}",
        f"All that depends on {_all_of(finding)} goes through {word}"
        + (f" in `{line}`" if line else "")
        + f", which has no gradient: theirs is zero whatever the data.{_shrunk(finding)}",
        fix,
        *at,
        fix_code=code,
    )


def _way_round(primitive: str, finding: Finding, line: str) -> tuple[str, str, str]:
    """Return what is said of a primitive that cuts, how to get round it, and that as code."""
    key = finding.leaves[0].keys[-1] if finding.leaves[0].keys else None
    name = str(getattr(key, "name", getattr(key, "key", "x")))
    plain = f"{name} + jax.lax.stop_gradient(hard - {name})"
    through = _straight_through(line, name) or plain
    if primitive in _COMPARISONS:
        sign = _COMPARISONS[primitive]
        return (
            f"a comparison (`{sign}`)",
            "Use a smooth step in its place, or mark the array with `jax.lax.stop_gradient` if it "
            "is not to be trained.",
            f"jax.nn.sigmoid((x - {name}) / width)",
        )
    if primitive == "stop_gradient":
        return (
            "`stop_gradient` of a result",
            "Remove it if they are to be trained. If not, mark the arrays themselves, or leave "
            "them out of what is differentiated with `partition`.",
            f"jax.lax.stop_gradient({finding.name})",
        )
    if primitive in ("argmax", "argmin"):
        return (
            f"`{primitive}`",
            "Weigh all choices by a softmax, or pass the gradient straight through the choice.",
            "z + jax.lax.stop_gradient(chosen - z)",
        )
    if primitive == "convert_element_type":
        dtype = finding.cut.equation.outvars[0].aval.dtype if finding.cut else "int32"
        return f"a conversion to {dtype}", _STRAIGHT, through
    return f"`{primitive}`", _STRAIGHT, through


def _straight_through(line: str, name: str) -> str:
    """Return a line that computes with an array of this name, mended; "" where it is no such."""
    try:
        statement = ast.parse(line).body[0]
    except (SyntaxError, IndexError):
        return ""
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        return ""
    used = {ast.unparse(node) for node in ast.walk(statement.value) if _ends_with(node, name)}
    if len(used) != 1:
        return ""
    array = used.pop()
    through = f"{array} + jax.lax.stop_gradient({ast.unparse(statement.value)} - {array})"
    return f"{ast.unparse(statement.targets[0])} = {through}"


def _ends_with(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == name
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value == name
    return isinstance(node, ast.Name) and node.id == name


_STRAIGHT = "Pass the gradient straight through, or compute with what went in."


def _left_out(evidence: Evidence, finding: Finding) -> Problem:
    at = _line_of_spec(evidence, finding)
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: `{finding.name}`, left out by the filter spec",
        f"The spec keeps `{finding.sibling}` and others of `{_owner(finding)}`, but not "
        f"{_all_of(finding)}, so that it is not differentiated.",
        "Select it as well, or leave out all that belongs to the layer if it is to be frozen.",
        *at,
        fix_code=f"lambda m: (..., m{finding.leaves[0].path})",
    )


def _dropped(evidence: Evidence, finding: Finding) -> Problem:
    uses = [use.at for use in evidence.optimisers if use.method == "update"]
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: `{finding.name}`, though it has a gradient",
        f"A gradient is computed for {_all_of(finding)}, but the step returns it as it was, while "
        f"`{finding.sibling}` and others of `{_owner(finding)}` are trained.",
        "Let the optimiser update it too; freeze a layer as a whole, with `partition`.",
        *(uses[-1] if uses else finding.training.of.at),
        fix_code=f"lambda m: (..., m{finding.leaves[0].path})",
    )


def _integer(evidence: Evidence, finding: Finding) -> Problem:
    leaf = finding.leaves[0]
    at = _made_at(evidence, finding)
    shape = ",".join(map(str, leaf.shape))
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: `{finding.name}` is of integers",
        f"`{finding.name}` is {leaf.dtype}[{shape}]: integers have no gradient, and are no "
        "parameters to `is_inexact_array`, though the loss computes with it as with its others.",
        f"Make it of floating-point numbers; if it is data, `jax.lax.stop_gradient({finding.name}."
        "astype(float))` says so.",
        *at,
        fix_code=_as_floats(evidence, finding) or "jnp.asarray(values, dtype=float)",
    )


def _decayed(evidence: Evidence, finding: Finding) -> Problem:
    uses = [use.at for use in evidence.optimisers if use.method == "update"]
    alias = library_in(finding.training.of.at.file) or "eqx"
    field = users_field(evidence, finding.leaves[0], finding.depth)
    path = finding.leaves[0].path
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE_MOVED}: `{finding.name}`",
        f"`{finding.name}` is given to `stop_gradient`, but is a part of what the optimiser "
        f"updates.{_shrunk(finding)}",
        "Keep the weight decay from it with a mask, or leave it out with `partition`.",
        *(uses[-1] if uses else field[2] if field is not None else finding.training.of.at),
        fix_code=(
            f"mask=lambda params: {alias}.tree_at(lambda m: m{path}, "
            "jax.tree.map(lambda _: True, params), False)"
        ),
    )


def _buffer(evidence: Evidence, finding: Finding) -> Problem:
    field = users_field(evidence, finding.leaves[0], finding.depth)
    name = f"self.{field[1]}" if field is not None else finding.name
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE_MOVED}: `{finding.name}`",
        f"`{finding.sibling}` is given to `stop_gradient`; `{finding.name}`, which was computed in "
        f"the same way, is not, and has changed in {finding.training.n_steps} steps.",
        f"Mark `{finding.name}` as well.",
        *(field[2] if field is not None else _made_at(evidence, finding)),
        fix_code=f"jax.lax.stop_gradient({name})",
    )


_WORDS = {
    Why.UNUSED: _unused,
    Why.CUT: _cut,
    Why.LEFT_OUT: _left_out,
    Why.DROPPED: _dropped,
    Why.INTEGER: _integer,
    Why.DECAYED: _decayed,
    Why.BUFFER: _buffer,
}


def _all_of(finding: Finding) -> str:
    """Return the arrays as one names them: "`model.skip.weight` and `model.skip.bias`"."""
    return _listed(finding.names)


def _listed(names: Sequence[str]) -> str:
    named = [f"`{name}`" for name in names[:_MOST_NAMED]]
    more = len(names) - _MOST_NAMED
    if more > 0:
        return f"{', '.join(named)} and {more} more"
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def _shrunk(finding: Finding) -> str:
    if finding.factor is None:
        return ""
    percent = 100 * (1 - finding.factor)
    n_steps = finding.training.n_steps
    return f" Weight decay has shrunk it by {percent:.2g} % in {n_steps} steps."


def _owner(finding: Finding) -> str:
    """Return what the user calls the node that holds the array."""
    leaf: Leaf = finding.leaves[0]
    below = leaf._replace(keys=leaf.keys[-1:]).path
    return finding.name[: len(finding.name) - len(below)]


def _made_at(evidence: Evidence, finding: Finding) -> Line:
    """Return the field of the user's, else the line that made the array, else that of the loss."""
    field = users_field(evidence, finding.leaves[0], finding.depth)
    if field is not None:
        return field[2]
    made = line_that_made(evidence, finding.names[0], _array(finding))
    return made or finding.training.of.at


def _array(finding: Finding) -> object:
    training: Training = finding.training
    found = [i for i, leaf in enumerate(training.leaves) if leaf.path == finding.leaves[0].path]
    return training.first[found[0]] if found else None


def _line_of_cut(evidence: Evidence, finding: Finding) -> Line | None:
    """Return the user's line at which they are cut off.

    A function of JAX's own that is jitted is traced once for all its calls; its equations tell of
    the first of them.
    """
    assert finding.cut is not None
    for equation in finding.cut.within:
        if is_of_jax(equation):
            return evidence.traces.line_of(equation)
    return evidence.traces.line_of(finding.cut.equation)


def _line_of_spec(evidence: Evidence, finding: Finding) -> Line:
    assert finding.split is not None
    return finding.split.at


def _as_floats(evidence: Evidence, finding: Finding) -> str:
    """Return the line that made an array of integers, mended; "" where that is not known."""
    made = line_that_made(evidence, finding.names[0], _array(finding))
    if made is None:
        return ""
    try:
        statement = ast.parse(text_of(made)).body[0]
    except (SyntaxError, IndexError):
        return ""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return ""
    call = statement.value
    if not isinstance(call, ast.Call):
        return ""
    others = [each for each in call.keywords if each.arg != "dtype"]
    call.keywords = [*others, ast.keyword("dtype", ast.Name("float"))]
    return ast.unparse(statement)
