"""Where in a file statements begin, so that a stop on a line holds before the whole of one."""

import sys
import textwrap
from pathlib import Path
from types import CodeType

import pytest

from eqxviz.engine.code_lines import CodeLines, entries

SOURCE = textwrap.dedent("""\
    \"\"\"A docstring.\"\"\"
    import os
    # a remark

    x = (
        len("a"),
        2)
    @staticmethod
    def f(a,
          b):
        \"\"\"Another.\"\"\"
        for i in range(2):
            y = max(
                a,
                i)
        with open(os.devnull) as g:
            z = [q
                 for q in range(3)]
        try:
            len("b")
        finally:
            w = 1
        return lambda: (
            y)
    """)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The file of that source."""
    path = tmp_path / "code.py"
    path.write_text(SOURCE)
    return str(path)


@pytest.mark.parametrize(
    ("line", "span"),
    [(1, (1, 1)), (3, (5, 7)), (6, (5, 7)), (8, (8, 10)), (10, (8, 10)), (11, (12, 12)),
     (14, (13, 15)), (16, (16, 16)), (18, (17, 18)), (21, (22, 22)), (24, (23, 24))],
)  # fmt: skip
def test_a_line_belongs_to_a_statement_or_to_the_next(file: str, line: int, span: tuple[int, int]):
    found = CodeLines(file).span_at(line)
    assert found is not None
    assert found[:2] == span


def test_after_the_last_statement_there_is_none(file: str):
    assert CodeLines(file).span_at(25) is None


def test_what_is_no_python_is_refused(tmp_path: Path):
    path = tmp_path / "code.py"
    path.write_text("x =")
    with pytest.raises(SyntaxError, match="invalid syntax"):
        CodeLines(str(path))


def test_a_statement_over_several_lines_begins_once(file: str):
    lines = CodeLines(file)
    span = lines.span_at(13)
    assert span is not None
    code = _function(file, "f")
    (start,) = entries(code, span)
    line = next(line for first, stop, line in code.co_lines() if first <= start < stop)
    assert line in range(13, 16)


def test_what_a_statement_makes_is_no_part_of_it(file: str):
    lines = CodeLines(file)
    head, result = lines.span_at(9), lines.span_at(23)
    assert head is not None
    assert result is not None
    assert not entries(_function(file, "f"), head)
    assert entries(_module(file), head)
    code = _function(file, "f")
    inner = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == "<lambda>")
    assert not entries(inner, result)
    assert entries(code, result)


def test_a_with_begins_once_though_its_head_runs_as_it_is_left(file: str):
    span = CodeLines(file).span_at(16)
    assert span is not None
    assert len(entries(_function(file, "f"), span)) == 1


def test_both_ways_through_finally_are_beginnings(file: str):
    span = CodeLines(file).span_at(22)
    assert span is not None
    assert len(entries(_function(file, "f"), span)) == 2, sys.version


def _module(file: str) -> CodeType:
    return compile(Path(file).read_text(), file, "exec")


def _function(file: str, name: str) -> CodeType:
    codes = (c for c in _module(file).co_consts if isinstance(c, CodeType))
    return next(c for c in codes if c.co_name == name)
