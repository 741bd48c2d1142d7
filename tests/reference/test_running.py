"""Running examples under the name of Equinox, on a document made here."""

import sys
from types import ModuleType

import equinox
import pytest

import eqxcore
from tests.parity.outcome import differences
from tests.reference.fences import python_examples
from tests.reference.running import named_equinox, run_examples
from tests.reference.table import LeftOut, Runs

DOCUMENT = """
```python
import equinox as eqx
layer = eqx.nn.Dropout(p)
print(layer)
```
```python
layer = eqx.tree_at(lambda l: l.p, layer, 0.2)
```
```python
not Python
```
```python
eqx.filter([1], "x")
```
```python
def double(x):
    return 2 * x
```
"""
ENTRIES = (
    Runs(prelude="p = 0.1"),
    Runs(),
    LeftOut("not Python"),
    Runs(),
    Runs(use="four = double(2)"),
)


@pytest.mark.parametrize("package", [equinox, eqxcore])
def test_examples_run_on_the_package_that_has_the_name(package: ModuleType) -> None:
    first, second, left_out, refused, use = run_examples(
        python_examples(DOCUMENT), ENTRIES, package
    )
    assert first is not None
    assert first.value["eqx"] is package
    assert first.printed == "Dropout(p=0.1, inference=False)\n"
    assert set(first.value) == {"eqx", "layer"}
    assert second is not None
    assert second.value["layer"].p == 0.2
    assert left_out is None
    assert refused is not None
    assert isinstance(refused.error, ValueError)
    assert use is not None
    assert use.value["four"] == 4


def test_a_result_that_differs_is_seen() -> None:
    examples = python_examples("```python\nimport equinox\nname = equinox.__name__.upper()\n```\n")
    (theirs,), (ours,) = (run_examples(examples, [Runs()], each) for each in (equinox, eqxcore))
    assert theirs is not None
    assert ours is not None
    assert differences(theirs, ours) == ["value['name']: 'EQUINOX' | 'EQXCORE'"]


def test_what_expressions_give_is_kept() -> None:
    examples = python_examples("```python\nn = 2\nn + 1\nprint(n)\n[n, n][0]\n```\n")
    (outcome,) = run_examples(examples, [Runs()], equinox)
    assert outcome is not None
    assert outcome.value == {"n": 2, "expressions": [3, None, 2]}
    assert outcome.printed == "2\n"


def test_an_error_in_a_prelude_or_a_use_is_not_taken_for_the_examples_own() -> None:
    examples = python_examples("```python\npass\n```\n")
    with pytest.raises(ZeroDivisionError, match="division"):
        run_examples(examples, [Runs(prelude="1 / 0")], equinox)
    with pytest.raises(ZeroDivisionError, match="division"):
        run_examples(examples, [Runs(use="1 / 0")], equinox)


def test_the_name_is_given_back() -> None:
    before = {name for name in sys.modules if name.startswith("equinox")}
    with named_equinox(eqxcore):
        assert sys.modules["equinox"] is eqxcore
        assert sys.modules["equinox.nn"] is eqxcore.nn
    assert sys.modules["equinox"] is equinox
    assert {name for name in sys.modules if name.startswith("equinox")} == before
