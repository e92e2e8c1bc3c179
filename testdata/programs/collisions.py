"""Different functions with one label: (file, line, name) is not unique.

cProfile keeps them apart while it runs and writes them under one key, so
all but one entry is lost. Runs on Python 2.7 and 3; some generated
functions exist only in newer versions.
"""

import collections

try:
    import dataclasses
except ImportError:
    dataclasses = None


def work(n):
    return sum(i * i for i in range(n))


def two_lambdas():
    small, large = (lambda: work(10)), (lambda: work(3000))
    return small() + large() + small()


def two_comprehensions():
    return [work(i) for i in range(9)], [work(i * 50) for i in range(9)]


def two_generators():
    return sum(work(i) for i in range(9)) + sum(work(i * 9) for i in range(9))


def generated_classes():
    point = collections.namedtuple("Point", "x y")
    size = collections.namedtuple("Size", "width height")
    made = [point(1, 2), size(3, 4), size(5, 6)]
    if dataclasses:
        one = dataclasses.make_dataclass("One", ["a"])
        two = dataclasses.make_dataclass("Two", ["a", "b"])
        made += [one(1), two(1, 2), two(3, 4)]
    return made


def executed_code():
    """Every exec compiles to <string>:1(<module>), every f to <string>:1(f)."""
    space = {"work": work}
    for count in (1, 10, 1000):
        exec("def f(): return work(%d)\nf()" % count, space)
    return space["f"]()


def same_name_same_line():
    class A(object): value = property(lambda self: work(20))
    class B(object): value = property(lambda self: work(900)); other = property(lambda self: work(5))
    return A().value + B().value + B().other


def main():
    two_lambdas()
    two_comprehensions()
    two_generators()
    generated_classes()
    executed_code()
    same_name_same_line()
    print("done")


if __name__ == "__main__":
    main()
