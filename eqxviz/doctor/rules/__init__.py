"""One module a rule: its docstring is what `eqxviz explain` prints, its `find` gives problems."""

from eqxviz.doctor.rules import (
    eqx101,
    eqx102,
    eqx103,
    eqx104,
    eqx105,
    eqx106,
    eqx107,
    eqx108,
    eqx109,
    eqx110,
    eqx114,
    eqx115,
    eqx117,
)

RULES = (
    eqx101,
    eqx102,
    eqx103,
    eqx104,
    eqx105,
    eqx106,
    eqx107,
    eqx108,
    eqx109,
    eqx110,
    eqx114,
    eqx115,
    eqx117,
)
