"""Parsers made from grammars: lark and pycparser."""

import lark
from pycparser import c_generator, c_parser

GRAMMAR = r"""
    start: statement+
    statement: NAME "=" sum ";" -> assign | "print" sum ";" -> show
    ?sum: product | sum "+" product -> add | sum "-" product -> sub
    ?product: atom | product "*" atom -> mul
    ?atom: NUMBER -> number | NAME -> name | "(" sum ")"
    %import common.CNAME -> NAME
    %import common.NUMBER
    %import common.WS
    %ignore WS
"""

C = """
typedef struct node { int value; struct node *next; } node;
static int length(const node *n) { int i = 0; while (n != 0) { i++; n = n->next; } return i; }
int main(int argc, char **argv) { node a = {1, 0}, b = {2, &a}; for (int k = 0; k < 3; k++) if (length(&b) > k) a.value += k * 2; return a.value; }
"""


@lark.v_args(inline=True)
class Evaluate(lark.Transformer):
    from operator import add, mul, sub

    number = float

    def __init__(self):
        super().__init__()
        self.names = {}

    def name(self, name):
        return self.names[name]

    def assign(self, name, value):
        self.names[name] = value

    def show(self, value):
        print(value)


def main():
    for parser in ("lalr", "earley"):
        p = lark.Lark(GRAMMAR, parser=parser)
        Evaluate().transform(p.parse("x = 1 + 2 * 3; y = (x - 4) * x; print x + y; " * 3))
    tree = c_parser.CParser().parse(C)
    print(len(c_generator.CGenerator().visit(tree)))


main()
