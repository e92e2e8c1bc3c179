"""Adds up orders twice: once by looking every row up again, once by going through the rows. Profiled by three profilers for
docs/fusion.md; without a profiler `profile` does nothing."""

try:
    profile
except NameError:

    def profile(function):
        return function


class Table:
    def __init__(self, rows):
        self.rows = rows

    def find(self, number):
        for row in self.rows:
            if row["number"] == number:
                return row
        raise KeyError(number)


@profile
def make_orders(count):
    rows = []
    for number in range(count):
        rows.append({"number": number, "price": number % 17, "pieces": number % 5})
    return Table(rows)


@profile
def value_by_number(table, count):
    value = 0
    for number in range(count):
        value += table.find(number)["price"] * table.find(number)["pieces"]
    return value


@profile
def value_by_row(table):
    value = 0
    for row in table.rows:
        value += row["price"] * row["pieces"]
    return value


@profile
def main():
    count = 1200
    table = make_orders(count)
    assert value_by_number(table, count) == value_by_row(table)


if __name__ == "__main__":
    main()
