"""Colours source code with Pygments and formats SQL."""

import textwrap

import pygments
import pygments.formatters
import pygments.lexers
import sqlparse

SQL = """select a.id, b.name, count(*) from t a join u b on a.id = b.id where a.x in (1, 2, 3) and b.y like 'q%'
group by a.id, b.name having count(*) > 2 order by 3 desc; insert into t (a, b) values (1, 'x'), (2, 'y');"""


def main():
    with open(textwrap.__file__, encoding="utf-8") as f:
        text = f.read()[:6000]
    for formatter in (pygments.formatters.HtmlFormatter(linenos=True), pygments.formatters.TerminalFormatter()):
        print(len(pygments.highlight(text, pygments.lexers.PythonLexer(), formatter)))
    for _ in range(2):
        print(len(sqlparse.format(SQL, reindent=True, keyword_case="upper")))
    print([s.get_type() for s in sqlparse.parse(SQL)])


main()
