"""Renders pages with Jinja."""

import jinja2

PAGES = {
    "base.html": "<title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}",
    "macros.html": "{% macro row(item, odd) %}<tr class={{ 'odd' if odd else 'even' }}>"
    "{% for v in item.values() %}<td>{{ v | e }}</td>{% endfor %}</tr>{% endmacro %}",
    "page.html": "{% extends 'base.html' %}{% from 'macros.html' import row %}{% block title %}{{ title | title }}{% endblock %}"
    "{% block body %}{% for item in items | sort(attribute='name') %}{{ row(item, loop.index is odd) }}{% else %}none"
    "{% endfor %}{% set total = items | map(attribute='price') | sum %}{{ '%.2f' | format(total) }}{% endblock %}",
}


class Catalogue:
    def __init__(self, count):
        self.items = [{"name": f"item {i * 7 % count}", "price": i * 1.5, "note": "<b>"} for i in range(count)]

    @property
    def title(self):
        return f"catalogue of {len(self.items)}"


def main():
    env = jinja2.Environment(loader=jinja2.DictLoader(PAGES), autoescape=True, trim_blocks=True)
    for count in (0, 5, 60):
        catalogue = Catalogue(count)
        text = env.get_template("page.html").render(items=catalogue.items, title=catalogue.title)
        print(len(text))
    print(env.from_string("{{ x | upper }}{% if y %}{{ y }}{% endif %}").render(x="a", y=1))
    try:
        env.from_string("{% if %}")
    except jinja2.TemplateSyntaxError as error:
        print(error.message)


main()
