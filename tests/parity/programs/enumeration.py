"""Enumerations."""

import copy
import pickle
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.parity.outcome import Program, adder

PROGRAMS: dict[str, Program] = {}


_program = adder(PROGRAMS)


def _make(eqx: ModuleType, name: str, *bases: type, **items: Any) -> Any:
    return type(eqx.Enumeration)(
        name, bases or (eqx.Enumeration,), {"__module__": __name__, "__qualname__": name, **items}
    )


def _result(eqx: ModuleType) -> Any:
    return _make(eqx, "Result", ok="fine", bad="it is bad", worse="worse still")


def _more(eqx: ModuleType) -> tuple[Any, Any]:
    result = _result(eqx)
    return result, _make(eqx, "More", result, extra="one more")


@_program
def items(eqx: ModuleType) -> Any:
    result, more = _more(eqx)
    names = ("ok", "bad", "worse")
    return (
        [getattr(result, name) for name in names],
        [repr(getattr(more, name)) for name in (*names, "extra")],
        [str(getattr(more, name)._value) for name in (*names, "extra")],
        [result[getattr(result, name)] for name in names],
        len(result),
        len(more),
        eqx.tree_pformat([result.ok, {"a": more.extra}]),
        eqx.tree_pformat(result.bad, short_arrays=False),
        repr(_make(eqx, "Lines", a="two\nlines").a),
        issubclass(more, result),
        [isinstance(each, result) for each in (result.ok, more.ok, 0)],
        isinstance(more.ok, more),
        len(_make(eqx, "Empty")),
    )


@_program
def class_syntax(eqx: ModuleType) -> Any:
    class Result(eqx.Enumeration):
        "Documented."

        ok = "fine"
        other: str = "annotated"
        _hidden = "begins with an underscore"

    return len(Result), Result.ok, Result.other, Result._hidden, Result.__doc__, Result.__module__


@_program
def structure(eqx: ModuleType) -> Any:
    result = _result(eqx)
    return (
        jax.tree_util.tree_leaves(result.bad),
        jax.tree_util.tree_structure(result.bad).num_nodes,
        jax.tree_util.tree_structure(result.ok) == jax.tree_util.tree_structure(result.bad),
        [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(result.ok)],
        eqx.tree_equal(result.ok, result.ok),
        eqx.tree_equal(result.ok, result.bad),
        eqx.filter(result.ok, eqx.is_array),
        copy.deepcopy(result.bad),
        copy.copy(result.bad),
        repr(jax.eval_shape(lambda: result.ok)),
        bool(result.ok),
    )


@_program
def comparison(eqx: ModuleType) -> Any:
    result = _result(eqx)
    return (
        result.ok == result.ok,
        result.ok == result.bad,
        result.ok != result.bad,
        jax.jit(lambda a, b: (a == b, a != b))(result.ok, result.worse),
        jax.jit(lambda: int(bool(result.ok == result.bad)))(),
    )


@_program
def transformations(eqx: ModuleType) -> Any:
    result = _result(eqx)

    def choose(i: Any) -> Any:
        return result.where(i > 0, result.ok, result.bad)

    numbers = jnp.arange(-1, 2)
    batched = jax.vmap(choose)(numbers)
    return (
        jax.jit(lambda r: r)(result.bad),
        eqx.filter_jit(lambda r: r)({"a": result.ok}),
        batched,
        repr(batched),
        result[batched],
        jax.vmap(lambda r: r == result.ok)(batched),
        jax.jit(lambda r: print(r, repr(r), result[r], r.is_traced()))(result.bad),
        result.ok.is_traced(),
        lax.cond(True, lambda: result.ok, lambda: result.bad),
        lax.while_loop(lambda r: r == result.ok, lambda _: result.bad, result.ok),
        lax.scan(
            lambda r, _: (result.where(r == result.ok, result.bad, result.worse), r),
            result.ok,
            None,
            length=3,
        ),
    )


@_program
def where(eqx: ModuleType) -> Any:
    result = _result(eqx)
    return [
        result.where(pred, result.ok, result.bad)
        for pred in (True, False, jnp.array(True), np.array(False), np.bool_(True))
    ] + [result.where(jnp.array(False), result.ok, result.ok)]


@_program
def promotion(eqx: ModuleType) -> Any:
    result, more = _more(eqx)
    other = _make(eqx, "Other", another="of another")
    both = _make(eqx, "Both", result, other, own="of its own")
    names = ("ok", "bad", "worse", "another", "own")
    return (
        [more.promote(each) for each in (result.ok, result.worse)],
        jax.jit(more.promote)(result.worse),
        len(both),
        [(repr(getattr(both, name)), int(getattr(both, name)._value)) for name in names],
        both.promote(other.another),
        both.promote(result.bad),
        more.promote(result.ok) == more.ok,
    )


@_program
def conflicting_messages(eqx: ModuleType) -> Any:
    first = _make(eqx, "First", a="1", b="2")
    second = _make(eqx, "Second", c="3", a="4")
    both = _make(eqx, "Both", first, second)
    own = _make(eqx, "Own", first, b="5")
    same = _make(eqx, "Same", first, _make(eqx, "Third", a="1"))
    return (
        [repr(getattr(both, name)) for name in "abc"],
        [int(getattr(both, name)._value) for name in "abc"],
        both.promote(second.a),
        repr(own.b),
        int(own.b._value),
        len(same),
        _make(eqx, "Twice", a="x", b="x").a == _make(eqx, "Once", a="x", b="x").a,
    )


@_program
def raising(eqx: ModuleType) -> Any:
    result = _result(eqx)

    def caught(run: Any) -> Any:
        try:
            return run()
        except eqx.EquinoxRuntimeError as error:
            return [message for message in ("it is bad", "worse still") if message in str(error)]

    x = jnp.arange(2.0)
    return (
        caught(lambda: result.bad.error_if(x, True)),
        caught(lambda: result.bad.error_if(x, x > 0)),
        caught(lambda: result.bad.error_if(x, x > 5)),
        caught(lambda: eqx.filter_jit(lambda r, x: r.error_if(x, x > 0))(result.worse, x)),
        jax.grad(lambda x: result.bad.error_if(x**2, x < 0))(3.0),
    )


def _fails(run: Any) -> Program:
    return lambda eqx: run(*_more(eqx))


PROGRAMS |= {
    "compared with a number": _fails(lambda r, m: r.ok == 0),
    "not equal to a number": _fails(lambda r, m: r.ok != 0),
    "compared with None": _fails(lambda r, m: r.ok == None),  # noqa: E711 - the item's own `==`
    "compared with that of a parent": _fails(lambda r, m: m.ok == r.ok),
    "compared with that of a child": _fails(lambda r, m: r.ok == m.ok),
    "ordered": _fails(lambda r, m: r.ok < r.bad),
    "hashed": _fails(lambda r, m: hash(r.ok)),
    "assigned to": _fails(lambda r, m: setattr(r.ok, "x", 1)),
    "no such item": _fails(lambda r, m: r.absent),
    "looked up by name": _fails(lambda r, m: r["ok"]),
    "looked up by number": _fails(lambda r, m: r[0]),
    "looked up by an item of another": _fails(lambda r, m: r[m.ok]),
    "where with a number": _fails(lambda r, m: r.where(True, 0, r.ok)),
    "where with an item of another": _fails(lambda r, m: r.where(True, m.ok, r.ok)),
    "where with an item of a parent": _fails(lambda r, m: m.where(True, r.ok, m.ok)),
    "where with several": _fails(lambda r, m: r.where(jnp.array([True, False]), r.ok, r.ok)),
    "where with an integer": _fails(lambda r, m: r.where(1, r.ok, r.ok)),
    "where with text": _fails(lambda r, m: r.where("text", r.ok, r.ok)),
    "promotion to a parent": _fails(lambda r, m: r.promote(m.ok)),
    "promotion to itself": _fails(lambda r, m: r.promote(r.ok)),
    "promotion of a number": _fails(lambda r, m: r.promote(0)),
    "an item named where": lambda eqx: _make(eqx, "Bad", where="x"),
    "an item named promote": lambda eqx: _make(eqx, "Bad", promote="x"),
    "iterated over": _fails(lambda r, m: list(r)),
    "jnp.asarray of an item": _fails(lambda r, m: jnp.asarray(r.ok)),
}


def _pickled(eqx: ModuleType) -> Any:
    return pickle.loads(pickle.dumps(_more(eqx)[0].ok))


PROGRAMS["pickled without a class to be found"] = _pickled

DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "an item that is no string": (
        lambda eqx: _make(eqx, "Bad", a=1),
        TypeError,
        "There it is an AttributeError of its implementation.",
    ),
    "an instance": (
        lambda eqx: _result(eqx)(),
        TypeError,
        "There it is an object that is no item.",
    ),
    "items that do not exist are printed": (
        lambda eqx: repr(jax.tree_util.tree_map(lambda _: jnp.array(9), _result(eqx).ok)),
        "tests.parity.programs.enumeration.Result<unknown>",
        "There printing it raises an IndexError.",
    ),
}
