"""pycodestyle and pyflakes over a module of the standard library."""

import io
import textwrap

import pycodestyle
from pyflakes import api, reporter


def style(path):
    checker = pycodestyle.StyleGuide(quiet=2, max_line_length=70)
    return checker.check_files([path]).total_errors


def flakes(path):
    out, err = io.StringIO(), io.StringIO()
    return api.checkPath(path, reporter.Reporter(out, err))


def main():
    print(style(textwrap.__file__), flakes(textwrap.__file__))
    print(style(io.__file__), flakes(io.__file__))


main()
