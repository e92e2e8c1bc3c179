"""Formulas with SymPy: simplified, solved, integrated, printed."""

import sympy
from sympy.abc import x, y


def formulas():
    yield sympy.expand((x + y + 1) ** 4)
    yield sympy.factor(x**4 - 1)
    yield sympy.integrate(x * sympy.exp(x), x)
    yield sympy.diff(sympy.sin(x) ** 2 / x, x)
    yield sympy.limit(sympy.sin(x) / x, x, 0)
    yield sympy.Matrix([[1, x], [y, 2]]).det()


def main():
    for formula in formulas():
        print(sympy.simplify(formula), len(sympy.latex(formula)))
    print(sympy.solve([x + y - 3, x - y - 1], [x, y]))
    print(sympy.series(sympy.cos(x), x, 0, 6))


main()
