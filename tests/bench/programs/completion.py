"""Names completed and followed by Jedi, over Parso's trees."""

import jedi

CODE = """
import collections
import json


class Shape:
    def __init__(self, sides):
        self.sides = sides

    def area(self):
        return sum(self.sides)


def make(kind):
    return Shape([1, 2]) if kind else None


shape = make(True)
shape.ar
json.lo
collections.Ord
"""


def completions(script):
    found = []
    for line, column in ((19, 8), (20, 7), (21, 15)):
        found += [c.name for c in script.complete(line, column)]
    return found


def main():
    script = jedi.Script(CODE)
    print(completions(script))
    print([d.full_name for d in script.infer(18, 3)], len(script.get_names(all_scopes=True)))
    print(len(script.get_references(7, 8)))


main()
