"""Runs the Python of docs/python.md and README.md, in order, in a folder with the file that they name."""

import doctest
import pathlib
import re
import shutil

import pytest

from conftest import source


@pytest.mark.parametrize("page", ["docs/python.md", "README.md"])
def test_the_examples_of(page, dump, tmp_path, monkeypatch, capsys):
    shutil.copy(dump, tmp_path / "run.prof")
    monkeypatch.chdir(tmp_path)
    text = (pathlib.Path(source) / page).read_text(encoding="utf-8")
    blocks = re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S)
    names, ran = {"__name__": "__main__"}, 0
    for block in blocks:
        line = text.count("\n", 0, block.start(1))
        if ">>>" in block[1]:
            test = doctest.DocTestParser().get_doctest(block[1], names, page, page, line)
            result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
            names.update(test.globs)
            assert result.failed == 0, capsys.readouterr().out
        else:
            exec(compile("\n" * line + block[1], page, "exec"), names)
        ran += 1
    assert ran > 0


def test_every_option_is_in_the_manual():
    """The manual's list is that of the extension: a name that it refuses, or that is missing there, fails."""
    import profconv

    text = (pathlib.Path(source) / "docs/python.md").read_text(encoding="utf-8")
    profile = profconv.read(b"profconv dump 1\nmetric time ns sum\n")
    for format in ("callgrind", "dot", "text"):
        with pytest.raises(TypeError, match="known are") as caught:
            profile.to_bytes(format, xxxxxxxxxxxxxxxxxx=1)
        for option in str(caught.value).partition("known are ")[2].split(", "):
            assert f"`{option}`" in text, option
