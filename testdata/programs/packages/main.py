"""Two packages with equally named files and functions (Python 2.7 and 3).

A viewer that looks only at "utils.py" and "total" shows one function where
there are two.
"""

from shop import cart, stock


def main():
    shelf = stock.Store({"tea": 40, "milk": 25, "bread": 12})
    basket = cart.Cart()
    for name, amount in (("tea", 3), ("milk", 2), ("bread", 1)) * 4:
        if shelf.take(name, amount):
            basket.put(name, amount)
    print("cart: %d stock: %d" % (basket.total(), shelf.total()))


if __name__ == "__main__":
    main()
