"""Decompositions, solvers and transforms, by the formulas of textbooks.

GvL is Golub and Van Loan, "Matrix Computations", 4th edition; LAWN 41 is LAPACK Working Note 41,
"Installation Guide for LAPACK", its table of operation counts. XLA sees calls of a library here and
counts nothing for them.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any


def _matrix(equation: Any) -> tuple[int, int, int]:
    """Return how many matrices the first input is, and their two sizes."""
    *batch, m, n = equation.invars[0].aval.shape
    return math.prod(batch), m, n


def _of_square(times: float) -> Callable[[Any], float]:
    """Return the rule of what costs `times` n**3 for each n by n matrix."""

    def rule(equation: Any) -> float:
        batch, _, n = _matrix(equation)
        return batch * times * n**3

    return rule


def _cholesky_update(equation: Any) -> float:
    """n rotations, six operations for each pair that is turned: GvL 5.1.9 and 6.5.4."""
    batch, _, n = _matrix(equation)
    return batch * 3 * n**2


def _lu(equation: Any) -> float:
    """GvL 3.2.11: k**2 (l - k / 3), k the smaller size and l the larger."""
    batch, m, n = _matrix(equation)
    small, large = sorted((m, n))
    return batch * small**2 * (large - small / 3)


def _reflections(m: int, n: int) -> float:
    """R by Householder reflections: GvL 5.2.2."""
    small, large = sorted((m, n))
    return 2 * small**2 * (large - small / 3)


def _qr_alone(equation: Any) -> float:
    batch, m, n = _matrix(equation)
    return batch * _reflections(m, n)


def _qr(equation: Any) -> float:
    """Reflections, and the first columns of Q, or all of them: GvL 5.2.2 and 5.1.6."""
    batch, m, n = _matrix(equation)
    k = min(m, n)
    columns = m if equation.params.get("full_matrices") else k
    return batch * (_reflections(m, n) + _columns_of_q(m, columns, k))


def _columns_of_q(m: int, n: int, k: int) -> float:
    """LAWN 41, DORGQR: n columns of Q from k reflections of length m."""
    return 4 * m * n * k - 2 * (m + n) * k**2 + 4 / 3 * k**3


def _householder_product(equation: Any) -> float:
    batch, m, n = _matrix(equation)
    return batch * _columns_of_q(m, n, equation.invars[1].aval.shape[-1])


def _multiply_by_q(equation: Any) -> float:
    """LAWN 41, DORMQR: k reflections on an m by n matrix, from the left or from the right."""
    *batch, m, n = equation.invars[2].aval.shape
    k = equation.invars[1].aval.shape[-1]
    side = n if equation.params.get("left", True) else m
    return math.prod(batch) * (4 * m * n * k - 2 * side * k**2)


def _eig(equation: Any) -> float:
    """The QR algorithm, with vectors or without: GvL 7.5.6."""
    batch, _, n = _matrix(equation)
    vectors = ("compute_left_eigenvectors", "compute_right_eigenvectors", "compute_schur_vectors")
    with_vectors = any(equation.params.get(name) for name in vectors)
    return batch * (25 if with_vectors else 10) * n**3


def _svd(equation: Any) -> float:
    """Golub and Reinsch: GvL figure 8.6.1, for a matrix at least as high as it is wide."""
    batch, *sizes = _matrix(equation)
    n, m = sorted(sizes)
    if not equation.params["compute_uv"]:
        return batch * (4 * m * n**2 - 4 / 3 * n**3)
    if equation.params["full_matrices"]:
        return batch * (4 * m**2 * n + 8 * m * n**2 + 9 * n**3)
    return batch * (14 * m * n**2 + 8 * n**3)


def _triangular_solve(equation: Any) -> float:
    """n**2 for each right-hand side: GvL 3.1.2."""
    return equation.invars[0].aval.shape[-1] * math.prod(equation.invars[1].aval.shape)


def _tridiagonal_solve(equation: Any) -> float:
    """Elimination without pivots, then substitution: GvL 4.3.6."""
    *batch, n, right_sides = equation.invars[3].aval.shape
    return math.prod(batch) * (3 * (n - 1) + (5 * n - 4) * right_sides)


def _symmetric_product(equation: Any) -> float:
    """Half of a product by the transpose, and what is added: LAWN 41, DSYRK."""
    batch, n, k = _matrix(equation)
    return batch * (k + 1) * n * (n + 1)


def _fft(equation: Any) -> float:
    """Radix 2, 5 n log2(n); half of it where one side is real: Van Loan, "Computational Frameworks
    for the Fast Fourier Transform", 1.4 and 4.4.
    """
    lengths: Sequence[int] = equation.params["fft_lengths"]
    n = math.prod(lengths)
    shapes = [equation.invars[0].aval.shape, equation.outvars[0].aval.shape]
    batch = math.prod(shapes[0][: len(shapes[0]) - len(lengths)])
    is_real = shapes[0] != shapes[1] or "RFFT" in str(equation.params["fft_type"])
    return batch * (2.5 if is_real else 5) * n * math.log2(n) if n else 0


RULES: dict[str, Callable[[Any], float]] = {
    "cholesky": _of_square(1 / 3),  # GvL 4.2.5
    "cholesky_update": _cholesky_update,
    "eig": _eig,
    "eigh": _of_square(9),  # GvL 8.3.3, with vectors
    "fft": _fft,
    "geqp3": _qr_alone,
    "geqrf": _qr_alone,
    "hessenberg": _of_square(10 / 3),  # GvL 7.4.3
    "householder_product": _householder_product,
    "lu": _lu,
    "ormqr": _multiply_by_q,
    "qr": _qr,
    "schur": _eig,
    "svd": _svd,
    "symmetric_product": _symmetric_product,
    "triangular_solve": _triangular_solve,
    "tridiagonal": _of_square(4 / 3),  # GvL 8.3.1
    "tridiagonal_solve": _tridiagonal_solve,
}
