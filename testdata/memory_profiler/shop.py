"""A shop whose memory is counted, not used: the same report on every run. `profile` is memory_profiler's decorator."""

memory = [21.40625]  # MiB


def take(mib):
    memory[0] += mib


def give(mib):
    memory[0] -= mib


@profile
def load(count):
    """Reads rows.

    The listing has lines like this one, that no one executes.
    """
    rows = []
    for number in range(count):
        take(0.751953125)
        rows.append(number)
    return rows


@profile
def summarize(rows):
    take(12.25)
    total = sum(number for number in rows)
    give(12.25)

    return total


class Shop(object):

    @staticmethod
    @profile
    def close(
        rows,
    ):
        for row in rows: give(0.5)
        del rows[:]  # größer wird's nicht

    @profile
    def countdown(self, n):
        return self.countdown(n - 1) if n else 0


double = profile(lambda x: 2 * x)


@profile
def never_called():
    pass


@profile
def day():
    rows = load(4)
    summarize(rows)
    for _ in range(3):
        summarize(rows)
    Shop().countdown(2)
    Shop.close(rows)
    return double(len(rows))


day()
