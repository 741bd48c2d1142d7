"""Which PRNG keys are drawn from, and where: an interpreter of jaxprs that knows keys alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.key_values import (
    MOVES,
    Keys,
    Made,
    Numbers,
    Token,
    in_words,
    may_be_keys,
    of_type,
)

_DRAWS = {"random_bits", "random_gamma"}
_OF_KEYS = {"random_split", "random_fold_in", "random_wrap", "random_unwrap", "random_seed"}
_BACKWARD = {"transpose", "rematted_computation"}


@dataclass(frozen=True, eq=False)
class Site:
    """A place where something was done with keys, each time that it was done another one."""

    frames: tuple[Any, ...]  # outermost first
    event: int = 0  # the number of what was run
    branches: tuple[tuple[object, int], ...] = ()  # of conditionals: which, and its branch
    out_of: "Site | None" = None  # the loop that it was taken out of, for each turn does the same

    def within(self, below: tuple[Any, ...], branches: tuple[tuple[object, int], ...]) -> "Site":
        """Return a place that was come to by further frames."""
        return Site(self.frames + below, self.event, branches, self.out_of)

    def excludes(self, other: "Site") -> bool:
        """Whether only one of both is ever reached: they are in two branches of a conditional."""
        chosen = {id(conditional): branch for conditional, branch in self.branches}
        return any(chosen.get(id(which), branch) != branch for which, branch in other.branches)


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop of JAX's that is gone through."""

    site: Site
    depth: int  # 1 for the outermost


@dataclass(frozen=True, eq=False)
class Draw:
    """Random numbers drawn from keys."""

    keys: np.ndarray
    made: Made
    site: Site
    what: str  # equal where equal keys give equal numbers
    repeated_in: Site | None  # the outermost loop whose turns all draw from the same keys


class Step(NamedTuple):
    """A primitive, and what is known of what it is given."""

    name: str
    params: dict[str, Any]
    keys: Sequence[Keys | None]
    tokens: Sequence[Token]
    avals: Sequence[Any]  # the types of its results
    site: Site


@dataclass(eq=False)
class _Scope:
    """What is known of the variables of a jaxpr."""

    own: str  # the function that was traced
    bodies: dict[str, Any]  # the equations that hold jaxprs, by the functions of these
    keys: dict[Any, Keys] = field(default_factory=dict[Any, Keys])
    tokens: dict[Any, Token] = field(default_factory=dict[Any, Token])


Results = Sequence[Keys | None]


class Way(NamedTuple):
    """How the code of a traced function came to an equation."""

    frames: tuple[Any, ...]  # of the user's
    roots: frozenset[str]  # which function it may be that was traced: "body at model.py:10"


class KeyFlow:
    """Follows keys through equations, and notes what is drawn.

    Args:
        way_to: Gives the way to an equation, within the function that was traced.
        keys_of: Gives the keys that a constant of a jaxpr holds.
    """

    def __init__(
        self,
        way_to: Callable[[Any], Way],
        keys_of: Callable[[Any], Keys | None],
    ) -> None:
        self.numbers = Numbers()
        self.draws: list[Draw] = []
        self._way_to = way_to
        self._keys_of = keys_of
        self._branches: tuple[tuple[object, int], ...] = ()
        self._loops: tuple[Loop, ...] = ()
        self._jaxprs = _Jaxprs()
        self._special: dict[str, Callable[[Step], Results]] = {
            "random_seed": self._seeded,
            "random_split": self._children,
            "random_fold_in": self._folded,
            "random_wrap": self._wrapped,
            "random_unwrap": _unwrapped,
            "unstack": _unstacked,
            "split": _parted,
            "dynamic_slice": self._chosen,
            "gather": self._chosen,
            "cond": self._cond,
            "scan": self._scan,
            "while": self._while,
        }

    def new(self, aval: Any, made: Made | None = None, depth: int = 0) -> Keys:
        """Return keys that were not met before, for an array of that type."""
        shape, n_words = of_type(aval)
        made = made or Made("root", None, None, None)
        return Keys(in_words(self.numbers.fresh(shape, depth), n_words), made, n_words)

    def token(self) -> Token:
        """Return a token for data that was not met before."""
        return Token(int(self.numbers.fresh(())), len(self._loops))

    def run(
        self, jaxpr: Any, keys: Sequence[Keys | None], tokens: Sequence[Token], site: Site
    ) -> list[Keys | None]:
        """Return the keys that a jaxpr gives for `keys`; both are None where there are none."""
        opened = _opened(jaxpr)
        scope = _Scope(opened.source, self._jaxprs.bodies_in(jaxpr))
        for var, given, token in zip(opened.invars, keys, tokens, strict=True):
            scope.tokens[var] = token
            if given is not None and may_be_keys(var.aval):
                scope.keys[var] = self._fitting(given, var.aval)
        for var, value in zip(opened.constvars, opened.consts, strict=False):
            scope.tokens[var] = Token(("constant", id(value)), 0)
            found = self._keys_of(value) if may_be_keys(var.aval) else None
            if found is not None:
                scope.keys[var] = found
        for equation in self._jaxprs.equations(jaxpr):
            self._follow(equation, scope, site)
        return [self._read(scope, var) for var in opened.outvars]

    def apply(self, step: Step) -> Results:
        """Return the keys that a primitive gives."""
        if step.params.get("differentiated"):  # what the way back computes once more
            return [None] * len(step.avals)
        special = self._special.get(step.name)
        if special is not None:
            return special(step)
        if step.name in _DRAWS:
            self._draw(step)
        move, given = MOVES.get(step.name), [each for each in step.keys if each is not None]
        if move is None:
            return self._inlined(step)
        if len(given) < len(step.keys) or not given:
            return [None] * len(step.avals)
        moved = move([each.numbers for each in given], step.params, step.avals[0])
        return [given[0].with_numbers(moved) if moved is not None else None]

    def _follow(self, equation: Any, scope: _Scope, outer: Site) -> None:
        if any(name in _BACKWARD for _, name in compat.scopes_of(equation)):
            return
        site = self._site(equation, scope, outer)
        made = self.apply(
            Step(
                equation.primitive.name,
                equation.params,
                [self._read(scope, var) for var in equation.invars],
                [self._token(scope, var) for var in equation.invars],
                [var.aval for var in equation.outvars],
                site,
            )
        )
        for var, each in zip(equation.outvars, made, strict=False):
            if each is not None:
                scope.keys[var] = each

    def _site(self, equation: Any, scope: _Scope, outer: Site) -> Site:
        """Return where an equation is, `outer` where nothing of the user's is below that."""
        way = self._way_to(equation)
        hosts = [scope.bodies[root] for root in way.roots - {scope.own} if root in scope.bodies]
        if hosts and scope.own not in way.roots:
            # A gradient has taken it out of a loop, or out of what computes it once more.
            host = outer.within(self._way_to(hosts[0]).frames, self._branches)
            is_loop = hosts[0].primitive.name in ("scan", "while")
            frames, out_of = host.frames + way.frames, host if is_loop else outer.out_of
            return Site(frames, outer.event, self._branches, out_of)
        if way.frames or self._branches != outer.branches:
            return outer.within(way.frames, self._branches)
        return outer

    def _read(self, scope: _Scope, var: Any) -> Keys | None:
        if compat.is_literal(var) or not may_be_keys(var.aval):
            return None
        if var not in scope.keys:
            scope.keys[var] = self.new(var.aval, depth=len(self._loops))
        return scope.keys[var]

    def _token(self, scope: _Scope, var: Any) -> Token:
        if compat.is_literal(var):
            return Token(("value", str(var.val)), 0)
        if var not in scope.tokens:
            scope.tokens[var] = self.token()
        return scope.tokens[var]

    # --- What is done with keys

    def _draw(self, step: Step) -> None:
        keys, params = step.keys[0], step.params
        if keys is None:
            return
        depth = self.numbers.depth(keys.numbers)
        n = len(step.site.frames)
        # What a library does in a loop of its own is its own affair.
        within = [loop.site for loop in self._loops[depth:] if n > len(loop.site.frames)]
        repeated_in = within[0] if within else step.site.out_of
        what = f"{step.name} {params.get('shape')} {params.get('bit_width')} {keys.numbers.shape}"
        self.draws.append(Draw(keys.numbers, keys.made, step.site, what, repeated_in))

    def _seeded(self, step: Step) -> Results:
        token = step.tokens[0]
        made = self.numbers.known(("seed", token.name), step.avals[0].shape, token.depth)
        return [Keys(made, Made("root", None, None, None), 0)]

    def _children(self, step: Step) -> Results:
        keys = step.keys[0]
        if keys is None:
            return [None]
        made = Made("split", step.site, keys.numbers, keys.made)
        return [Keys(self.numbers.children(keys.numbers, step.params["shape"]), made, 0)]

    def _folded(self, step: Step) -> Results:
        keys = step.keys[0]
        if keys is None:
            return [None]
        made = Made("fold_in", step.site, keys.numbers, keys.made)
        numbers = self.numbers.folded(keys.numbers, step.tokens[1], step.avals[0].shape)
        return [Keys(numbers, made, 0)]

    def _wrapped(self, step: Step) -> Results:
        keys = step.keys[0]
        return [None] if keys is None else [Keys(self.numbers.whole(keys), keys.made, 0)]

    def _chosen(self, step: Step) -> Results:
        """Return keys that are some of others: which of them is not known."""
        keys = step.keys[0]
        if keys is None:
            return [None]
        depth = max([self.numbers.depth(keys.numbers), *(token.depth for token in step.tokens)])
        shape, n_words = of_type(step.avals[0])
        name = "chosen", keys.numbers.tobytes(), tuple(token.name for token in step.tokens[1:])
        made = self.numbers.known(name, shape, depth)
        return [Keys(in_words(made, n_words), keys.made, n_words)]

    # --- Jaxprs in equations

    def _inlined(self, step: Step) -> Results:
        """Return what a call of a jaxpr gives: `jit`, `checkpoint`, `custom_vjp`."""
        for jaxpr in _nested(step.params):
            if len(_opened(jaxpr).invars) == len(step.keys):
                made = self.run(jaxpr, step.keys, step.tokens, step.site)
                return [
                    each if each is not None and each.numbers.shape == tuple(aval.shape) else None
                    for each, aval in zip(made, step.avals, strict=False)
                ]
        return [None] * len(step.avals)

    def _cond(self, step: Step) -> Results:
        conditional, before = object(), self._branches
        results: list[Results] = []
        for i, branch in enumerate(step.params["branches"]):
            self._branches = (*before, (conditional, i))
            site = step.site.within((), self._branches)
            results.append(self.run(branch, step.keys[1:], step.tokens[1:], site))
        self._branches = before
        return [
            each[0] if _are_equal(each[0], *each[1:]) else None
            for each in zip(*results, strict=True)
        ]

    def _scan(self, step: Step) -> Results:
        params, keys = step.params, step.keys
        n_consts, n_carry = compat.scan_counts(params)
        n = n_consts + n_carry
        body = params["jaxpr"], keys[:n_consts], step.tokens[:n_consts]
        loop = Loop(step.site, len(self._loops) + 1)
        if params["length"] == 1:  # its only turn repeats nothing
            return [None] * len(step.avals)
        return self._looped(loop, [body], keys[n_consts:n], keys[n:], step.avals)

    def _while(self, step: Step) -> Results:
        params, keys, tokens = step.params, step.keys, step.tokens
        n_cond = params["cond_nconsts"]
        n = n_cond + params["body_nconsts"]
        jaxprs = [
            (params["cond_jaxpr"], keys[:n_cond], tokens[:n_cond]),
            (params["body_jaxpr"], keys[n_cond:n], tokens[n_cond:n]),
        ]
        loop = Loop(step.site, len(self._loops) + 1)
        return self._looped(loop, jaxprs, keys[n:], [], step.avals)

    def _looped(
        self,
        loop: Loop,
        jaxprs: Sequence[tuple[Any, Sequence[Keys | None], Sequence[Token]]],
        begin: Sequence[Keys | None],
        over: Sequence[Keys | None],
        avals: Sequence[Any],
    ) -> Results:
        """Return what a loop gives. The last of `jaxprs` is its body, all get what is carried."""
        n_draws, before = len(self.draws), self._loops
        self._loops = (*before, loop)
        carried = [
            self.new(aval, keys.made, loop.depth) if keys is not None else None
            for keys, aval in zip(begin, avals, strict=False)
        ]
        ends = self._turn(loop, jaxprs, carried, over)
        is_kept = [_are_equal(*pair) for pair in zip(carried, ends, strict=False)]
        if any(is_kept):  # what comes out as it went in is the same in each turn
            del self.draws[n_draws:]
            rows = zip(begin, carried, is_kept, strict=True)
            carried = [first if kept else keys for first, keys, kept in rows]
            ends = self._turn(loop, jaxprs, carried, over)
        self._loops = before
        for first, keys, end in zip(begin, carried, ends, strict=False):
            if keys is not None and keys is not first:
                self._stand_for(keys, first)
                self._stand_for(keys, end)
        results: list[Keys | None] = []
        for i, (end, aval) in enumerate(zip(ends, avals, strict=True)):
            if end is None or not may_be_keys(aval):
                results.append(None)
            elif i < len(begin) and is_kept[i]:
                results.append(begin[i])
            else:
                results.append(self.new(aval, end.made, len(before)))
                self._stand_for(results[-1], end)
        return results

    def _turn(
        self,
        loop: Loop,
        jaxprs: Sequence[tuple[Any, Sequence[Keys | None], Sequence[Token]]],
        carried: Sequence[Keys | None],
        over: Sequence[Keys | None],
    ) -> Sequence[Keys | None]:
        """Return what one turn of a loop gives."""
        made: Sequence[Keys | None] = []
        for jaxpr, constants, tokens in jaxprs:
            variables = _opened(jaxpr).invars
            given = [*constants, *carried]
            for keys, var in zip(over, variables[len(given) :], strict=False):
                is_known = keys is not None and may_be_keys(var.aval)
                given.append(self._some_of(keys, var.aval) if keys and is_known else None)
            inner = [*tokens, *(self.token() for _ in variables[len(tokens) :])]
            given += [None] * (len(variables) - len(given))
            made = self.run(jaxpr, given, inner, loop.site)
        return made

    def _fitting(self, keys: Keys, aval: Any) -> Keys:
        """Return `keys` as an array of that type; one of another shape holds a part of them."""
        if keys.numbers.shape == tuple(aval.shape):
            return keys
        return self._some_of(keys, aval)

    def _some_of(self, keys: Keys, aval: Any) -> Keys:
        """Return keys that stand for all of `keys`, one after the other."""
        depth = len(self._loops)
        shape, n_words = of_type(aval)
        made = self.numbers.known(("turn", keys.numbers.tobytes(), depth), shape, depth)
        some = Keys(in_words(made, n_words), keys.made, n_words)
        self._stand_for(some, keys)
        return some

    def _stand_for(self, keys: Keys | None, others: Keys | None) -> None:
        if keys is not None and others is not None:
            whole = self.numbers.whole
            self.numbers.stand_for(whole(keys), whole(others))


class _Jaxprs:
    """What is asked of a jaxpr again and again, found out once."""

    def __init__(self) -> None:
        self._relevant: dict[int, tuple[Any, list[Any]]] = {}
        self._bodies: dict[int, dict[str, Any]] = {}

    def bodies_in(self, jaxpr: Any) -> dict[str, Any]:
        """Return the equations that hold jaxprs, by the functions that these were traced from."""
        known = self._bodies.get(id(jaxpr))
        if known is None:
            known = self._bodies[id(jaxpr)] = {}
            for equation in _opened(jaxpr).eqns:
                if equation.primitive.name != "jit":
                    for nested in _nested(equation.params):
                        known.setdefault(_opened(nested).source, equation)
        return known

    def equations(self, jaxpr: Any) -> list[Any]:
        """Return the equations that have to do with keys."""
        known = self._relevant.get(id(jaxpr))
        if known is None:
            found = [each for each in _opened(jaxpr).eqns if self._is_relevant(each)]
            known = self._relevant[id(jaxpr)] = jaxpr, found  # held, for ids are used again
        return known[1]

    def _is_relevant(self, equation: Any) -> bool:
        name = equation.primitive.name
        if name in _DRAWS or name in _OF_KEYS:
            return True
        if any(may_be_keys(var.aval) for var in (*equation.invars, *equation.outvars)):
            return True
        return any(self.equations(each) for each in _nested(equation.params))


def _unwrapped(step: Step) -> Results:
    keys = step.keys[0]
    if keys is None:
        return [None]
    n_words = step.avals[0].shape[-1]
    return [Keys(in_words(keys.numbers, n_words), keys.made, n_words)]


def _unstacked(step: Step) -> Results:
    keys, axis = step.keys[0], step.params["axis"]
    if keys is None:
        return [None] * len(step.avals)
    n = keys.numbers.shape[axis]
    return [keys.with_numbers(np.take(keys.numbers, i, axis)) for i in range(n)]


def _parted(step: Step) -> Results:
    keys, params = step.keys[0], step.params
    if keys is None:
        return [None] * len(step.avals)
    bounds = np.cumsum(params["sizes"])[:-1]
    return [keys.with_numbers(part) for part in np.split(keys.numbers, bounds, params["axis"])]


def _opened(jaxpr: Any) -> compat.OpenJaxpr:
    if isinstance(jaxpr, compat.OpenJaxpr):
        return jaxpr
    opened = compat.open_jaxpr(jaxpr)
    assert opened is not None
    return opened


def _nested(params: dict[str, Any]) -> list[Any]:
    """Return the jaxprs in the parameters of an equation."""
    found: list[Any] = []
    for value in params.values():
        several = cast(Sequence[Any], value) if isinstance(value, (tuple, list)) else (value,)
        found += [each for each in several if compat.open_jaxpr(each) is not None]
    return found


def _are_equal(first: Keys | None, *others: Keys | None) -> bool:
    return first is not None and all(
        each is not None and np.array_equal(each.numbers, first.numbers) for each in others
    )
