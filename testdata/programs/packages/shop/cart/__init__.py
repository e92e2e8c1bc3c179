from shop.cart import utils


class Cart(object):
    def __init__(self):
        self.items = []

    def put(self, name, amount):
        utils.check(name, amount)
        self.items.append((name, amount))

    def total(self):
        return utils.total(self.items)
