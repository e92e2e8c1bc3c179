"""Numbers of many digits with mpmath."""

import mpmath
from mpmath import mp


def bessel(x):
    return mpmath.quad(lambda t: mpmath.cos(x * mpmath.sin(t)), [0, mpmath.pi]) / mpmath.pi


def roots():
    return [mpmath.findroot(lambda x: mpmath.cos(x) - x / k, 1) for k in range(1, 4)]


def matrices(n):
    a = mpmath.matrix(n, n)
    for i in range(n):
        for j in range(n):
            a[i, j] = mpmath.mpf(1) / (i + j + 1)
    b = mpmath.lu_solve(a, mpmath.ones(n, 1))
    return mpmath.norm(a * b - mpmath.ones(n, 1)), mpmath.det(a)


def main():
    mp.dps = 30
    print(bessel(mpmath.mpf(2)), mpmath.besselj(0, 2))
    print(roots())
    print(matrices(8))
    print(mpmath.zeta(3), mpmath.gamma(mpmath.mpf("0.3")), mpmath.diff(mpmath.exp, 1))
    print(mpmath.nsum(lambda n: 1 / n**2, [1, mpmath.inf]))


main()
