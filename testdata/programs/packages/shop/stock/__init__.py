from shop.stock import utils


class Store(object):
    def __init__(self, amounts):
        self.amounts = dict(amounts)

    def take(self, name, amount):
        if not utils.check(self.amounts, name, amount):
            return False
        self.amounts[name] -= amount
        return True

    def total(self):
        return utils.total(self.amounts)
