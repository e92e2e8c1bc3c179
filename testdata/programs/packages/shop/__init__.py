"""A shop: what a customer carries (cart) and what stands on shelves (stock)."""

PRICES = {"tea": 350, "milk": 120, "bread": 280}


def price(name):
    return PRICES[name]
