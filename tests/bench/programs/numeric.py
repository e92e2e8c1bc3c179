"""Exact and statistical arithmetic of the standard library."""

import fractions
import functools
import random
import statistics


class Matrix:
    def __init__(self, rows):
        self.rows = rows

    @classmethod
    def identity(cls, n):
        return cls([[fractions.Fraction(int(i == j)) for j in range(n)] for i in range(n)])

    def __matmul__(self, other):
        columns = list(zip(*other.rows))
        return Matrix([[sum((a * b for a, b in zip(row, column)), fractions.Fraction(0)) for column in columns] for row in self.rows])

    def __eq__(self, other):
        return self.rows == other.rows

    def inverse(self):
        n = len(self.rows)
        work = [row + unit for row, unit in zip(self.rows, Matrix.identity(n).rows)]
        for i in range(n):
            pivot = next(r for r in range(i, n) if work[r][i] != 0)
            work[i], work[pivot] = work[pivot], work[i]
            scale = work[i][i]
            work[i] = [x / scale for x in work[i]]
            for r in range(n):
                if r != i and work[r][i]:
                    factor = work[r][i]
                    work[r] = [x - factor * y for x, y in zip(work[r], work[i])]
        return Matrix([row[n:] for row in work])


@functools.lru_cache(maxsize=None)
def binomial(n, k):
    return 1 if k in (0, n) else binomial(n - 1, k - 1) + binomial(n - 1, k)


def describe(values):
    return statistics.mean(values), statistics.stdev(values), statistics.median(values), statistics.quantiles(values)[1]


def main():
    rng = random.Random(1)
    for n in (3, 6):
        m = Matrix([[fractions.Fraction(rng.randrange(1, 50), rng.randrange(1, 9)) for _ in range(n)] for _ in range(n)])
        assert m @ m.inverse() == Matrix.identity(n)
    print(binomial(24, 11))
    print(describe([rng.random() for _ in range(300)]))
    print(describe([fractions.Fraction(rng.randrange(1, 99), 7) for _ in range(60)]))
    print(fractions.Fraction("3.14159").limit_denominator(100))


main()
