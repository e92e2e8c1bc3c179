from shop import price


def check(name, amount):
    if amount < 1:
        raise ValueError(name)


def total(items):
    """The price of all items, in cents."""
    return sum(price(name) * amount for name, amount in items)
