"""pytest over a file of small tests."""

import pathlib
import tempfile

import pytest

TESTS = '''
import pytest

@pytest.fixture
def numbers():
    yield list(range(10))

@pytest.mark.parametrize("n", range(15))
def test_square(n, numbers):
    assert n * n == sum(n for _ in range(n))

class TestLists:
    def test_sort(self, numbers):
        assert sorted(reversed(numbers)) == numbers

    @pytest.mark.xfail
    def test_fails(self, tmp_path):
        assert [1, 2, {"a": 3}] == [1, 2, {"a": 4}], tmp_path
'''


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "test_small.py"
        path.write_text(TESTS)
        print(pytest.main(["-q", "-p", "no:cacheprovider", str(path)]))


main()
