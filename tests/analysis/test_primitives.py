import jax.extend.core.primitives
import pytest

from eqxviz.analysis.primitives import kind_of
from eqxviz.records import EquationKind


@pytest.mark.parametrize(
    ("primitive", "kind"),
    [
        ("dot_general", EquationKind.MATMUL),
        ("conv_general_dilated", EquationKind.MATMUL),
        ("tanh", EquationKind.ELEMENTWISE),
        ("select_n", EquationKind.ELEMENTWISE),
        ("reduce_sum", EquationKind.REDUCE),
        ("reduce_precision", EquationKind.MOVE),
        ("reduce_scatter", EquationKind.COLLECTIVE),
        ("cumsum", EquationKind.REDUCE),
        ("scatter", EquationKind.MOVE),
        ("scatter-add", EquationKind.REDUCE),
        ("dynamic_slice", EquationKind.MOVE),
        ("random_bits", EquationKind.RANDOM),
        ("threefry2x32", EquationKind.RANDOM),
        ("custom_vjp_call", EquationKind.CONTROL),
        ("xla_metadata_call", EquationKind.CONTROL),
        ("psum_invariant", EquationKind.COLLECTIVE),
        ("pure_callback", EquationKind.CALLBACK),
        ("debug_print", EquationKind.CALLBACK),
        ("my_own_primitive", EquationKind.OTHER),
    ],
)
def test_each_family_is_known_by_name(primitive: str, kind: EquationKind):
    assert kind_of(primitive) is kind


def test_few_of_jaxs_own_primitives_are_unknown():
    names = [
        p.name for p in vars(jax.extend.core.primitives).values() if hasattr(p, "multiple_results")
    ]
    unknown = [name for name in names if kind_of(name) is EquationKind.OTHER]
    # Decompositions, transforms and tokens: families of one.
    assert len(unknown) < len(names) / 8, unknown
