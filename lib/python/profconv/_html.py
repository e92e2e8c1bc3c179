"""What notebooks show: a profile's hottest functions, and the rows of a table."""

from __future__ import annotations

import html

_MOST_ROWS = 20  # that are shown of a table; of a longer one half as many


def hottest_html(profile, count, key):
    """A table of the `count` hottest functions by `key`, and under it what the profile is. 0: of all, as in a report.

    The costs are those that a report shows first, which need not be of the first metric.
    """
    name = profile._core.main_metric
    unit = next((metric.unit for metric in profile.metrics if metric.name == name), "")
    functions = profile.top(count or len(profile.functions), key, name)
    rows = "".join(_hottest_row(function, name, unit, profile.totals.get(name) or 1) for function in functions)
    return _table(("total", "%", "self", "%", "calls", "function"), rows) + f"<p>{_escaped(repr(profile))}</p>"


def rows_html(table):
    """The rows of a table (Functions, Calls, ...) with the columns of its `to_dict`; of a long one the first."""
    shown = table if len(table) <= _MOST_ROWS else table[: _MOST_ROWS // 2]
    columns = shown.to_dict()
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in zip(*columns.values()))
    kind = type(table).__name__.lower()
    left = f"<p>{len(shown)} of {len(table):,} {kind}</p>" if len(shown) != len(table) else ""
    return (_table(columns, rows) if rows else f"<p>no {kind}</p>") + left


def _table(titles, rows):
    head = "".join(f"<th>{title}</th>" for title in titles)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _hottest_row(function, name, unit, whole):
    total, own = function.total_costs.get(name), function.self_costs.get(name)
    costs = [cell for cost in (total, own) for cell in (_amount(cost, unit), _percent(cost, whole))]
    numbers = "".join(f'<td style="text-align:right">{text}</td>' for text in (*costs, "" if function.calls is None else function.calls))
    place = _escaped(f"{function.file}:{function.line}")
    return f'<tr>{numbers}<td style="text-align:left" title="{place}">{_escaped(str(function))}</td></tr>'


def _cell(value):
    side = "right" if isinstance(value, int) else "left"
    text = "" if value is None else _escaped(str(value))
    return f'<td style="text-align:{side}">{text}</td>'


def _escaped(text):
    """Names are arbitrary bytes, and a page must be encoded once more."""
    return html.escape(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _amount(value, unit):
    if value is None:
        return ""
    if unit != "ns":
        return f"{value:,}"
    for size, name in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")):
        if abs(value) >= size:
            return f"{value / size:.3g}\u00a0{name}" if abs(value) < 1000 * size else f"{value / size:.0f}\u00a0{name}"
    return f"{value}\u00a0ns"


def _percent(value, whole):
    return "" if value is None else f"{100 * value / whole:.1f}"
