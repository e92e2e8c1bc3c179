"""The writers agree: json, csv, callgrind and dot give every function of one profile the same self time, inclusive time and calls.

Random programs are run by a toy profiler that accounts as cProfile does, plus every dump of testdata. In callgrind a function's
inclusive time is the sum of the calls to it, its calls of itself left out, and that holds for functions in no circle. Negative costs
are 0 there. The seed is printed; PROFCONV_SEED sets it.
"""

import csv
import decimal
import io
import json
import marshal
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

source = pathlib.Path(os.environ["PROFCONV_SOURCE"])
bin_folder = os.environ["PROFCONV_BIN"]
seed = int(os.environ.get("PROFCONV_SEED", "20261124"))


def random_dump(rng):
    """What cProfile would record of a random run, with times in whole nanoseconds."""
    names = [("t.py", 10 * i + 1, f"f{i}") for i in range(rng.randint(1, 9))] + [("~", 0, "<built-in method builtins.len>")]
    stats, edges, active = {}, {}, []
    budget = [rng.randint(1, 300)]
    clock = [0]

    def spend():
        time = rng.choice([0, 1, 7, 1000, 123456])
        clock[0] += time
        return time

    def call(name, depth):
        caller = active[-1] if active else None
        outermost = name not in active
        edge_outermost = (caller, name) not in list(zip([None, *active], active))
        active.append(name)
        begin, own = clock[0], spend()
        while depth < 8 and budget[0] > 0 and rng.random() < 0.6 and name[0] != "~":
            budget[0] -= 1
            call(rng.choice(names), depth + 1)
            own += spend()
        active.pop()
        for table, key, is_outermost in ((stats, name, outermost), (edges, (caller, name), edge_outermost)):
            entry = table.setdefault(key, [0, 0, 0, 0])
            entry[0] += 1
            entry[1] += is_outermost
            entry[2] += own
            entry[3] += (clock[0] - begin) * is_outermost

    while budget[0] > 0:
        budget[0] -= 1
        call(rng.choice(names), 0)
    dump = {name: (primitive, calls, own / 1e9, total / 1e9, {}) for name, (calls, primitive, own, total) in stats.items()}
    for (caller, name), (calls, primitive, own, total) in edges.items():
        if caller is not None:
            dump[name][4][caller] = (calls, primitive, own / 1e9, total / 1e9)
    return dump


def run(tool, *arguments):
    done = subprocess.run([os.path.join(bin_folder, tool), "-q", *map(str, arguments)], capture_output=True)
    return done.stdout.decode("utf-8") if done.returncode == 0 else None


def of_json(path):
    return {
        (f["file"], f["line"], f["name"]): (f["self"].get("time"), f["total"].get("time"), f.get("calls"))
        for f in json.loads(run("prof2text", "--format=json", path))["functions"]
    }


def of_csv(path):
    number = lambda text: int(text) if text else None
    table = csv.DictReader(io.StringIO(run("prof2text", "--format=csv", path), newline=""))
    return {
        (row["file"], int(row["line"]), row["name"]): (number(row["time_self"]), number(row["time_total"]), number(row.get("calls")))
        for row in table
    }


class Callgrind:
    """Just enough of the format for what the project writes."""

    def __init__(self, text):
        self.self, self.calls, self.total, self.graph, self.file = {}, {}, {}, {}, {}
        files, functions = {}, {}
        current = callee = file = callee_file = None
        pending = None

        def name_of(table, value):
            match = re.fullmatch(r"\((\d+)\)(?: (.*))?", value)
            if match[2] is not None:
                table[match[1]] = match[2]
            return match[1]

        for line in text.splitlines():
            if line.startswith("fl="):
                file, callee_file = name_of(files, line[3:]), None
            elif line.startswith("fn="):
                current = name_of(functions, line[3:])
                self.file.setdefault(current, file)
                self.self.setdefault(current, 0)
            elif line.startswith("cfl="):
                callee_file = name_of(files, line[4:])
            elif line.startswith("cfn="):
                callee = name_of(functions, line[4:])
                self.file.setdefault(callee, callee_file or file)
                callee_file = None
            elif line.startswith("calls="):
                pending = int(line[6:].split()[0])
            elif re.match(r"\d", line) and current is not None:
                cost = int(line.split()[1])
                if pending is None:
                    self.self[current] += cost
                    continue
                self.calls[callee] = self.calls.get(callee, 0) + pending
                self.graph.setdefault(current, set()).add(callee)
                if callee != current:
                    self.total[callee] = self.total.get(callee, 0) + cost
                pending = None
        self.names = {(files[self.file[f]], name): f for f, name in functions.items()}

    def in_circle(self, function):
        seen, open_ = set(), [f for f in self.graph.get(function, ()) if f != function]
        while open_:
            f = open_.pop()
            if f == function:
                return True
            if f not in seen:
                seen.add(f)
                open_ += self.graph.get(f, ())
        return False


def of_dot(path):
    """From the tooltips; names with escapes are left out."""
    text = run("prof2dot", "-n0", "-e0", "--max-nodes", "0", path) or ""
    ns = lambda seconds: int(decimal.Decimal(seconds).scaleb(9))
    found = {}
    for match in re.finditer(r'tooltip="([^"\\]*)\\ninclusive (\S+) s[^"\\]*\\nself (\S+) s[^"\\]*\\n(?:(\d+) calls?)?', text):
        found[match[1]] = (ns(match[3]), ns(match[2]), int(match[4]) if match[4] else None)
    return found


def compare(path, faults, counts):
    if run("prof2text", "--format=json", path) is None:
        return
    wanted = of_json(path)
    labels = {f"{file}:{line}({name})": numbers for (file, line, name), numbers in wanted.items()}
    for label, numbers in of_dot(path).items():
        if label in labels and len(labels) == len(wanted):
            counts["dot"] += 1
            if numbers != labels[label]:
                faults.append(f"{path}: {label}: json {labels[label]}, dot {numbers}")
    for key, numbers in of_csv(path).items():
        if key in wanted and numbers != wanted[key]:  # csv shows control characters as escapes
            faults.append(f"{path}: {key}: json {wanted[key]}, csv {numbers}")
    text = run("prof2calltree", "--no-split", "--no-source", "-o", "-", path)
    if text is None:
        return
    graph = Callgrind(text)
    for (file, line, name), (own, total, calls) in wanted.items():
        function = graph.names.get((file or "~", name))
        twins = sum(1 for f, _, n in wanted if (f or "~", n) == (file or "~", name))
        if function is None or twins > 1 or own is None:
            continue  # a decorated name
        counts["functions"] += 1
        if graph.self[function] != max(own, 0):
            faults.append(f"{path}: {name}: self {own}, callgrind {graph.self[function]}")
        if calls is not None and graph.calls.get(function, 0) != calls and path.name.startswith("random"):
            faults.append(f"{path}: {name}: calls {calls}, callgrind {graph.calls.get(function, 0)}")
        if not graph.in_circle(function):
            counts["inclusive"] += 1
            if graph.total.get(function, 0) != max(total, 0):
                faults.append(f"{path}: {name}: total {total}, callgrind {graph.total.get(function, 0)}")


def main():
    rng = random.Random(seed)
    faults, counts = [], {"functions": 0, "inclusive": 0, "dot": 0}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(150):
            path = pathlib.Path(folder, f"random{i}.prof")
            path.write_bytes(marshal.dumps(random_dump(rng)))
            compare(path, faults, counts)
            if faults:
                print(marshal.loads(path.read_bytes()))
                break
    for path in sorted((source / "testdata/pstats").glob("*.prof")):
        compare(path, faults, counts)
    print("\n".join(faults[:10]))
    print(f"seed {seed}: {counts['functions']} functions compared, {counts['inclusive']} of them by inclusive time, {counts['dot']} in dot, {len(faults)} faults")
    return bool(faults) or min(counts.values()) < 1000


if __name__ == "__main__":
    sys.exit(main())
