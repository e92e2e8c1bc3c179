"""Parses, unparses and tokenizes modules of the standard library."""

import argparse
import ast
import io
import textwrap
import tokenize


def modules():
    for module in (argparse, textwrap, ast):
        with open(module.__file__, encoding="utf-8") as f:
            yield f.read()


class Counter(ast.NodeVisitor):
    def __init__(self):
        self.kinds = {}

    def generic_visit(self, node):
        name = type(node).__name__
        self.kinds[name] = self.kinds.get(name, 0) + 1
        super().generic_visit(node)

    def visit_FunctionDef(self, node):
        self.kinds["def " + str(len(node.args.args))] = node.lineno
        self.generic_visit(node)


def main():
    counter = Counter()
    for text in modules():
        tree = ast.parse(text)
        counter.visit(tree)
        again = ast.unparse(tree)
        assert ast.dump(ast.parse(again)) == ast.dump(tree)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        print(len(tokens), tokenize.untokenize(tokens[:2000])[:20].strip())
    print(sorted(counter.kinds.items())[:5])


if __name__ == "__main__":
    main()
