"""Every kind of recursion a profile has to tell apart (Python 2.7 and 3)."""


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def grow(depth):
    """A binary tree as nested tuples."""
    return (grow(depth - 1), depth, grow(depth - 1)) if depth else None


def walk(tree):
    """A recursive generator: every value is passed up through all levels."""
    if tree is not None:
        for value in walk(tree[0]):
            yield value
        yield tree[1]
        for value in walk(tree[2]):
            yield value


class Matcher(object):
    """Recursion through a builtin: sum() calls back into count()."""

    def __init__(self, nested):
        self.nested = nested

    def count(self, item=None):
        item = self.nested if item is None else item
        if isinstance(item, list):
            return sum(map(self.count, item))
        return 1


def first(n):
    """first -> second -> third -> first: a cycle of three."""
    return second(n - 1) if n > 0 else 0


def second(n):
    return third(n - 1) + first(n - 3) if n > 0 else 0


def third(n):
    return first(n - 1) + 1 if n > 0 else 0


def main():
    print("fib %d" % fib(14))
    print("even %s %s" % (is_even(100), is_odd(51)))
    print("ackermann %d" % ackermann(2, 4))
    print("walk %d" % sum(walk(grow(6))))
    print("count %d" % Matcher([1, [2, 3, [4]], [[5], 6]]).count())
    print("cycle %d" % first(20))


if __name__ == "__main__":
    main()
