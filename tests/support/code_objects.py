"""Prints the code objects that this Python makes of source files, one a line: what the scanner of sources must find.

    code_objects.py FILE...

    FILE<tab>qualified name<tab>first line<tab>is a generator or coroutine that yields

Runs under every Python from 2.7 on. Files that this Python does not compile are left out.
"""

from __future__ import print_function

import ast
import io
import sys
import types
import warnings

warnings.simplefilter("ignore")
CO_GENERATOR, CO_ASYNC_GENERATOR = 0x20, 0x200
COMPREHENSIONS = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")


def is_generic(code):
    return code.co_name.startswith("<generic parameters of ")


def types_in(tree):
    """(name, line) of type aliases and of type parameters with a bound or a default: code, but no functions."""
    found = set()
    for node in ast.walk(tree):
        if type(node).__name__ == "TypeAlias":
            found.add((node.name.id, node.lineno))
        if type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
            found.add((node.name, node.lineno))
    return found


def walk(code, path, is_function):
    for const in code.co_consts:
        if not isinstance(const, types.CodeType) or (const.co_name, const.co_firstlineno) in types_of_file:
            continue
        if is_generic(const):
            for found in walk(const, path, is_function):
                yield found
            continue
        if const.co_name == "__annotate__":
            continue
        name = getattr(const, "co_qualname", None) or ".".join(path + (["<locals>"] if is_function else []) + [const.co_name])
        yield name, const.co_firstlineno, bool(const.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR))
        # A class body has no fast locals; comprehensions do not count as functions here.
        inner_is_function = bool(const.co_flags & 2) and const.co_name not in COMPREHENSIONS
        for found in walk(const, path + (["<locals>"] if is_function else []) + [const.co_name], inner_is_function):
            yield found


for path in sys.argv[1:]:
    try:
        with io.open(path, "rb") as f:
            text = f.read()
        code = compile(text, path, "exec", 0, True)
        types_of_file = types_in(ast.parse(text))
    except (SyntaxError, ValueError, TypeError):
        continue
    for name, line, generator in walk(code, [], False):
        print(path, name, line, int(generator), sep="\t")
    print(path, "<module>", 1, 0, sep="\t")
