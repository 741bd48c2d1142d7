"""What equations cost: our own rules for each primitive, and the costs of nested jaxprs."""

from eqxviz.analysis.cost.nested import Costs as Costs
from eqxviz.analysis.cost.nested import NestedRows as NestedRows
from eqxviz.analysis.cost.nested import with_nested as with_nested
from eqxviz.analysis.cost.rules import flops_of as flops_of
from eqxviz.analysis.cost.rules import has_rule as has_rule
from eqxviz.analysis.cost.traffic import Lifetimes as Lifetimes
from eqxviz.analysis.cost.traffic import bytes_of as bytes_of
