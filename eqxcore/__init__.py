"""Models as PyTrees, and JAX transformations that take any PyTree: the API of Equinox, anew."""

from eqxcore import nn
from eqxcore._filters import (
    combine,
    filter,
    is_array,
    is_array_like,
    is_inexact_array,
    is_inexact_array_like,
    partition,
)
from eqxcore._module import (
    AbstractClassVar,
    AbstractVar,
    Module,
    Partial,
    StrictConfig,
    field,
    module_update_wrapper,
    static_field,
)
from eqxcore._pretty import tree_pformat, tree_pprint
from eqxcore._serialise import (
    default_deserialise_filter_spec,
    default_serialise_filter_spec,
    tree_deserialise_leaves,
    tree_serialise_leaves,
)
from eqxcore._transforms import (
    filter_eval_shape,
    filter_grad,
    filter_jit,
    filter_make_jaxpr,
    filter_value_and_grad,
    filter_vmap,
    if_array,
)
from eqxcore._tree import (
    apply_updates,
    tree_at,
    tree_check,
    tree_equal,
    tree_flatten_one_level,
    tree_inference,
)

__all__ = [
    "AbstractClassVar",
    "AbstractVar",
    "Module",
    "Partial",
    "StrictConfig",
    "apply_updates",
    "combine",
    "default_deserialise_filter_spec",
    "default_serialise_filter_spec",
    "field",
    "filter",
    "filter_eval_shape",
    "filter_grad",
    "filter_jit",
    "filter_make_jaxpr",
    "filter_value_and_grad",
    "filter_vmap",
    "if_array",
    "is_array",
    "is_array_like",
    "is_inexact_array",
    "is_inexact_array_like",
    "module_update_wrapper",
    "nn",
    "partition",
    "static_field",
    "tree_at",
    "tree_check",
    "tree_deserialise_leaves",
    "tree_equal",
    "tree_flatten_one_level",
    "tree_inference",
    "tree_pformat",
    "tree_pprint",
    "tree_serialise_leaves",
]
