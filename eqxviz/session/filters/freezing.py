"""A training step that freezes what a filter holds back, as complete Python."""

from typing import TYPE_CHECKING

from eqxviz.session.filters.filter_spec import EXCLUDE, USUAL, FilterSpec
from eqxviz.session.filters.spec_code import (
    SPEC,
    access,
    at_variable,
    is_plain,
    model_name,
    spec_lines,
    where,
    with_imports,
)

if TYPE_CHECKING:
    from eqxviz.session.outline.tree_order import TreeOrder

_MOST_NAMED = 4  # frozen parts that the comment names

_PARTITION = """
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter({model}, {spec}))


@eqx.filter_value_and_grad
def loss_fn(diff_{model}, static_{model}, x, y):
    {model} = eqx.combine(diff_{model}, static_{model})
{loss}


@eqx.filter_jit
def make_step({model}, opt_state, x, y):
    # Gradients, and the optimiser's state, exist for the first half only.
    diff_{model}, static_{model} = eqx.partition({model}, {spec})
    loss, grads = loss_fn(diff_{model}, static_{model}, x, y)
    updates, opt_state = optim.update(grads, opt_state, diff_{model})
    {model} = eqx.apply_updates({model}, updates)
    return {model}, opt_state, loss
"""

_STOP_GRADIENT = """
# The optimiser keeps state for what is frozen too, and sees gradients of zero there. Adam leaves
# that as it is; an optimiser that decays weights (adamw) does not: freeze by partition then.
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter({model}, eqx.is_inexact_array))


def frozen(node):
    return jax.tree_util.tree_map(
        lambda leaf: jax.lax.stop_gradient(leaf) if eqx.is_array(leaf) else leaf, node
    )


@eqx.filter_value_and_grad
def loss_fn({model}, x, y):
{stop}
{loss}


@eqx.filter_jit
def make_step({model}, opt_state, x, y):
    loss, grads = loss_fn({model}, x, y)
    updates, opt_state = optim.update(grads, opt_state, eqx.filter({model}, eqx.is_inexact_array))
    {model} = eqx.apply_updates({model}, updates)
    return {model}, opt_state, loss
"""

_LOSS = """\
    prediction = {call}  # your model's call, and your loss
    return jnp.mean((prediction - y) ** 2)"""


def partition_step(spec: FilterSpec, order: "TreeOrder", library: str) -> str:
    """Return a training step in which only what `spec` selects gets gradients and state."""
    order = at_variable(spec, order)
    model = model_name(order)
    step = _PARTITION.format(model=model, spec=SPEC, loss=_loss(order))
    return with_imports([*_head(spec, order), *spec_lines(spec, order), "", step.strip("\n")],
                        order, library)  # fmt: skip


def stop_gradient_step(spec: FilterSpec, order: "TreeOrder", library: str) -> str:
    """Return a training step whose loss lets no gradient into what `spec` holds back."""
    order = at_variable(spec, order)
    model = model_name(order)
    parts = frozen_parts(spec)
    lines: list[str] = []
    if parts and all(is_plain(node, order) for node in parts):
        picked = where(parts, order)
        stop = f"    {model} = eqx.tree_at({picked}, {model}, replace_fn=frozen)"
        if len(stop) > 100:
            inner = "".join(f"            {access('m', node, order)},\n" for node in parts)
            stop = (
                f"    {model} = eqx.tree_at(\n        lambda m: (\n{inner}        ),\n"
                f"        {model},\n        replace_fn=frozen,\n    )"
            )
    else:
        lines = spec_lines(spec, order)
        stop = (
            f"    trained, held_back = eqx.partition({model}, {SPEC})\n"
            f"    {model} = eqx.combine(trained, frozen(held_back))"
        )
    step = _STOP_GRADIENT.format(model=model, stop=stop, loss=_loss(order))
    body = [*_head(spec, order), *lines, *([""] if lines else []), step.strip("\n")]
    return with_imports(body, order, library)


def frozen_parts(spec: FilterSpec) -> list[int]:
    """Return the nodes that a spec freezes; none if it does more than to freeze some."""
    if spec.base != USUAL or any(edit.predicate != EXCLUDE for edit in spec.edits):
        return []
    return [edit.node for edit in spec.edits]


def _head(spec: FilterSpec, order: "TreeOrder") -> list[str]:
    parts = frozen_parts(spec)
    if not parts:
        return []
    named = [order.tree.path(node) for node in parts[:_MOST_NAMED]]
    more = f" and {len(parts) - _MOST_NAMED:,} more" if len(parts) > _MOST_NAMED else ""
    return [f"# Frozen: {', '.join(named)}{more}. Every other floating-point array is trained."]


def _loss(order: "TreeOrder") -> str:
    from eqxviz.records import NodeKind

    model = model_name(order)
    is_module = order.tree.kind[order.root] == NodeKind.MODULE
    call = f"jax.vmap({model})(x)" if is_module else f"forward({model}, x)"
    return _LOSS.format(call=call)
