"""What the tests of the Python module share."""

import cProfile
import os
import pathlib

import pytest

source = pathlib.Path(os.environ.get("PROFCONV_SOURCE", pathlib.Path(__file__).parents[2]))


@pytest.fixture
def samples():
    """Folder of the dumps that the project made itself."""
    return source / "testdata/pstats"


@pytest.fixture
def dump(samples):
    return samples / "py3.11-cProfile-wordcount.prof"


@pytest.fixture
def recursion(samples):
    return samples / "py3.11-cProfile-recursion.prof"


class Work:
    """A small program with methods, recursion and C functions."""

    def run(self, n=8):
        return sorted([self.fibonacci(i) for i in range(n)], key=lambda x: -x)

    def fibonacci(self, n):
        return n if n < 2 else self.fibonacci(n - 1) + self.fibonacci(n - 2)

    @staticmethod
    def leaf():
        return len("leaf")


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def profiler(work):
    """A cProfile.Profile that has measured something."""
    profiler = cProfile.Profile()
    profiler.runcall(work.run)
    return profiler
