"""Function names outside ASCII (Python 3 only)."""


def größe(wörter):
    return sum(map(len, wörter))


def имя(n):
    return "я" * n


def 数える(n):
    return [имя(i) for i in range(n)]


class Größe:
    def flächeninhalt(self, a, b):
        return self.ℎöhe(a) * b

    def ℎöhe(self, a):      # stored in NFKC form: höhe
        return a


def main():
    print(größe(数える(20)), Größe().flächeninhalt(3, 4))


if __name__ == "__main__":
    main()
