"""What is known of one jitted object: its results' layouts, and from where it is called."""

from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any, NamedTuple

from eqxviz.capturing.executables import GoneError, Programs, jaxpr_of
from eqxviz.capturing.functions import Function, Origin
from eqxviz.capturing.results import Layout, layout_key, layout_of
from eqxviz.records import JitFlavour

_DONATING = ("donate_argnums", "donate_argnames")


class Route(NamedTuple):
    """From where a call was made, and which curves its scalars are there."""

    layout: Layout
    code: CodeType  # which made the call, at `instruction`
    instruction: int
    callers: tuple[tuple[CodeType, int], ...]  # code and instruction, innermost first
    # Of each its id, its getter, and what is to be done before it is queued.
    curves: tuple[tuple[int, Callable[[Any], Any], int], ...]


class Watched:
    """What is known of one jitted object."""

    __slots__ = ("__weakref__", "attention", "batch", "donates", "flavour", "function", "layout",
                 "layouts", "maker_is_user", "options", "origin", "programs", "route",
                 "routes")  # fmt: skip

    def __init__(
        self,
        origin: Origin,
        flavour: JitFlavour,
        *,
        maker_is_user: bool,
        options: Mapping[str, Any],
    ) -> None:
        self.origin = origin
        self.flavour = flavour
        self.maker_is_user = maker_is_user
        self.options = options  # of `jax.jit`
        self.programs = Programs()
        self.donates = any(options.get(name) is not None for name in _DONATING)
        self.function: Function | None = None  # a row only once it is called
        # Whether there is something to do before its next call: it has no row, or a stop.
        self.attention = True
        self.layouts: list[Layout] = []
        self.layout: Layout | None = None  # of every result; None while that is not known
        self.route: Route | None = None
        self.routes: list[Route] = []
        self.batch: Callable[[Any, Any], int] | None = None  # samples of a call, where they vary

    def layout_for(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, *, compiled: bool = False
    ) -> Layout:
        """Return the layout of `result`, which it returned for these arguments."""
        key = layout_key(result)
        place = next((i for i, each in enumerate(self.layouts) if each.key == key), None)
        if place is not None and not (compiled and self.layouts[place].n_stretches):
            layout = self.layouts[place]
        else:
            layout = layout_of(result, (*args, *kwargs.values()), self._latest_jaxpr)
            if place is None:
                self.layouts.append(layout)
            elif layout.n_stretches >= self.layouts[place].n_stretches:
                layout = self.layouts[place]
            else:  # compiled anew, and no scan any more
                self.layouts[place] = layout
        self.layout = layout if len(self.layouts) == 1 else None
        return layout

    def route_from(self, layout: Layout, frame: FrameType) -> Route | None:
        """Return the route by which `frame` gets a result of `layout`, None if it is a new one."""
        for route in self.routes:
            if (
                route.layout is layout
                and route.code is frame.f_code
                and route.instruction == frame.f_lasti
                and are_at(route.callers, frame.f_back)
            ):
                self.route = route
                return route
        return None

    def add_route(self, route: Route) -> Route:
        """Return `route`, which is taken now."""
        self.route = route
        self.routes.append(route)
        return route

    def _latest_jaxpr(self) -> Any:
        """Return the jaxpr of what was compiled last, None if there is none any more."""
        if not self.programs:
            return None
        try:
            return jaxpr_of(self.programs[next(reversed(self.programs))])
        except GoneError:
            return None


def are_at(callers: tuple[tuple[CodeType, int], ...], frame: FrameType | None) -> bool:
    """Whether `frame` and its callers are at these places."""
    for code, instruction in callers:
        if frame is None or frame.f_code is not code or frame.f_lasti != instruction:
            return False
        frame = frame.f_back
    return True
