"""Pages made by Mako templates that inherit, and code examined by astroid."""

import astroid
from mako.lookup import TemplateLookup

BASE = "<html><%block name='title'>x</%block>${self.body()}<%def name='row(a, b)'><td>${a}</td><td>${b | h}</td></%def></html>"
PAGE = """<%inherit file="base"/>
<%block name="title">Letters</%block>
% for i, name in enumerate(names):
  % if i % 2:
    <tr>${parent.row(i, name)}</tr>
  % else:
    ${name | u}
  % endif
% endfor
<%namespace name="util" file="util"/>${util.shout("end")}
"""
UTIL = "<%def name='shout(text)'>${text.upper()}!</%def>"
CODE = "import os\nclass A:\n    x = 1\n    def f(self, n=3):\n        return [self.x + i for i in range(n)]\nclass B(A):\n    def f(self):\n        return super().f(2)\nb = B().f()\nname = os.path.join('a', 'b')\n"


def pages():
    lookup = TemplateLookup()
    for name, text in (("base", BASE), ("page", PAGE), ("util", UTIL)):
        lookup.put_string(name, text)
    return sum(len(lookup.get_template("page").render(names=["a<b", "c&d"] * 20)) for _ in range(5))


def inferred():
    module = astroid.parse(CODE)
    results = [str(v) for name in ("b", "name") for v in module[name].infer()]
    return len(results), len(list(module.nodes_of_class(astroid.nodes.Call)))


def main():
    print(pages(), inferred())


main()
