"""Makes big dumps in the form that cProfile writes, through Python's own marshal. The same arguments give the same bytes.

    python3 tests/bench/generate.py OUT [--functions N] [--callers N] [--seed N]
"""

import argparse
import marshal
import random

packages = ["app", "app/models", "app/views", "lib/orm", "lib/orm/query", "lib/http", "vendor/json", "vendor/template"]
verbs = ["get", "set", "load", "render", "parse", "visit", "update", "merge", "check", "run"]
nouns = ["user", "order", "node", "row", "token", "page", "state", "event", "index", "cache"]


def key(number):
    if number % 11 == 0:
        return "~", 0, f"<method '{verbs[number % 10]}_{number}' of '{nouns[number // 10 % 10]}' objects>"
    file = f"/srv/shop/{packages[number % 8]}/{nouns[number // 30 % 10]}_{number // 300}.py"
    return file, number % 30 * 17 + 1, f"{verbs[number % 10]}_{nouns[number // 10 % 10]}"


def make(functions, callers, seed):
    """A stats dict: each function has up to 2 * callers callers, few have many, and one in fifty calls itself."""
    rng = random.Random(seed)
    keys = [key(number) for number in range(functions)]
    stats = {}
    for number, function in enumerate(keys):
        own = {}
        wanted = rng.randrange(2 * callers + 1) if rng.random() > 0.01 else 20 * callers
        for _ in range(wanted):
            calls = rng.randrange(1, 1000)
            own[keys[rng.randrange(functions)]] = (calls, calls, calls * 1.25e-6, calls * 3.5e-6)
        if number % 50 == 0:
            own[function] = (40, 4, 5e-05, 0.00014)
        calls = sum(edge[0] for edge in own.values()) or 1
        primitive = calls - own.get(function, (0,))[0] or 1
        total = sum(edge[3] for caller, edge in own.items() if caller != function)
        stats[function] = (primitive, calls, total / 2, total, own)
    return stats


def write(path, functions, callers, seed):
    with open(path, "wb") as file:
        marshal.dump(make(functions, callers, seed), file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--functions", type=int, default=100_000)
    parser.add_argument("--callers", type=int, default=5, help="callers per function, on average")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.out, options.functions, options.callers, options.seed)


if __name__ == "__main__":
    main()
