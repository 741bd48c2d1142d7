"""Conditions over the curves of a run, `loss > 2 * best`: a small language, of numbers only."""

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "isnan": math.isnan,
    "isinf": math.isinf,
    "isfinite": math.isfinite,
}
_NUMBERS = {"nan": math.nan, "inf": math.inf}
_TESTS = ("isnan", "isinf", "isfinite")
_OPERATORS = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    *(ast.USub, ast.UAdd, ast.Not),
)
_COMPARING = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


class ComparisonError(ValueError):
    """Raised where a condition cannot be read; the text says what is wrong, `fix` what to do."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.fix = fix


class Comparison:
    """A condition over curves. Names are those of the curves; any name may stand in quotes.

    Raises:
        ComparisonError: If `text` is none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError) as error:
            raise ComparisonError(
                f"`{text}` cannot be read: {getattr(error, 'msg', error)}.",
                'Write a comparison of curves: `loss > 10`, or `"eval loss" > 2 * best`.',
            ) from error
        reading = _Reading()
        body = reading.visit(tree.body)
        if not _is_test(tree.body):
            raise ComparisonError(
                f"`{text}` is a number, and no condition.", f"Compare it: `{text} > 10`."
            )
        if not reading.names:
            raise ComparisonError(f"`{text}` names no curve.", "Write one's name: `loss > 10`.")
        self.names = tuple(reading.names)  # as `canonical` gives them
        values = ast.arguments([], [ast.arg("values")], None, [], [], None, [])
        tree.body = ast.Lambda(values, body)
        code = compile(ast.fix_missing_locations(tree), "<condition>", "eval")
        # Of the tree everything was read, and nothing else is in it: numbers and their functions.
        self._holds = eval(code, {"__builtins__": {}, **_FUNCTIONS})

    def holds(self, values: Sequence[float]) -> bool:
        """Whether it is true of `values`, one for each of `names`.

        Raises:
            ArithmeticError: If it cannot be computed, as for a division by zero.
        """
        return bool(self._holds(values))


def canonical(name: str) -> str:
    """Return the name of a curve as all who write it otherwise mean it: of quotes and spaces."""
    try:
        return ast.unparse(ast.parse(name.strip(), mode="eval"))
    except (SyntaxError, ValueError):
        return name.strip()


class _Reading(ast.NodeTransformer):
    """Puts values in the place of the names of curves, and lets pass what may stand in one."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Refuse what is not allowed."""
        allowed = (ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.And, ast.Or)
        if isinstance(node, (*allowed, *_OPERATORS, *_COMPARING)):
            return super().generic_visit(node)
        raise ComparisonError(
            f"`{ast.unparse(node)}` cannot stand in a condition over curves.",
            f"Use numbers, names of curves, + - * / and {', '.join(_FUNCTIONS)}.",
        )

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Refuse `loss == nan`, which is never true."""
        for side in (node.left, *node.comparators):
            if isinstance(side, ast.Name) and side.id == "nan":
                raise ComparisonError(
                    f"`{ast.unparse(node)}` says nothing: NaN equals no number, not itself either.",
                    "Write `nan in loss`, or `isnan(loss)`, with the name of the curve.",
                )
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Take a text as a curve's name, and every number as a float: no power of it is long."""
        if isinstance(node.value, str):
            return self._curve(canonical(node.value))
        if isinstance(node.value, (bool, int, float)):
            try:
                return ast.Constant(float(node.value))
            except OverflowError:
                return ast.Constant(math.inf)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Take it as a curve's name."""
        if node.id in _NUMBERS:
            return ast.Constant(_NUMBERS[node.id])
        return self._curve(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Take it as a curve's name, with all that stands before."""
        return self._curve(ast.unparse(node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Take it as a curve's name, with all that stands before."""
        return self._curve(ast.unparse(node))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Let the few functions pass."""
        name = ast.unparse(node.func)
        n, most = len(node.args), 1 if name == "abs" or name in _TESTS else 100
        is_known = name in _FUNCTIONS and not node.keywords
        if not is_known or not (most == 1 <= n or n >= 2) or n > most:
            raise ComparisonError(
                f"`{ast.unparse(node)}` cannot stand in a condition over curves.",
                f"Of functions there are {', '.join(_FUNCTIONS)}; the name of a curve that has "
                "parentheses stands in quotes.",
            )
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def _curve(self, name: str) -> ast.AST:
        if name not in self.names:
            self.names.append(name)
        place = ast.Constant(self.names.index(name))
        return ast.Subscript(ast.Name("values", ast.Load()), place, ast.Load())


def _is_test(node: ast.AST) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(map(_is_test, node.values))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and _is_test(node.operand)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in _TESTS
    return isinstance(node, ast.Compare)
