"""How many samples of a binary recording are read in a second, and in how much memory.

    python3 tests/bench/sampling.py [--samples 100000000] [--pack]

The recording is made up: a walk through a call tree of some thousand functions, in the mix of records that Python 3.15.2
writes (two of three samples have a record of their own). Beside the tool a plain Python decoder of the same format reads
a part of it: no replay of CPython's is at hand on machines without 3.15.
"""

import argparse
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time

source = pathlib.Path(os.environ.get("PROFCONV_SOURCE", pathlib.Path(__file__).parents[2]))
tools = pathlib.Path(os.environ.get("PROFCONV_BIN", source / "build/release/bin"))
sys.path.insert(0, str(source / "testdata"))
from make_sampling import MAIN_THREAD, Recording  # noqa: E402


def walk(samples, seed=7):
    """A recording whose bytes may be repeated: it begins with a whole stack."""
    chance = random.Random(seed)
    frames = [(f"/srv/app/m{i % 40}.py", f"Class{i % 7}.function_{i}", 1 + i) for i in range(3000)]
    recording = Recording()
    stack = [frames[i] for i in range(8)]
    recording.full(MAIN_THREAD, 37, stack)
    while recording.samples < samples:
        if chance.random() < 0.2:
            recording.repeat(MAIN_THREAD, [37] * chance.randint(1, 3), delta=chance.randint(990, 1010))
            continue
        pop = min(chance.randint(0, 4), len(stack) - 8)
        depth = len(stack) - pop
        push = [frames[(depth * 97 + chance.randint(0, 5) * 31) % 3000] for _ in range(chance.randint(0, min(4, 60 - depth)))]
        stack = stack[:depth] + push
        recording.pop_push(MAIN_THREAD, 37, pop, push, delta=chance.randint(990, 1010))
    return recording


def write(path, samples, pack):
    chunk = walk(min(samples, 200_000))
    times = max(samples // chunk.samples, 1)
    data, chunk.data = bytes(chunk.data), b""
    rest = chunk.finish(size=0)
    header, tail = rest[:64], rest[64:]
    with open(path, "wb") as out:
        out.write(header)
        if pack:
            zstd = subprocess.Popen(["zstd", "-q", "-3", "--no-check"], stdin=subprocess.PIPE, stdout=out)
            out.flush()
            for _ in range(times):
                zstd.stdin.write(data)
            zstd.stdin.close()
            assert zstd.wait() == 0
            out.seek(0, os.SEEK_END)
        else:
            for _ in range(times):
                out.write(data)
        strings_at = out.tell()
        frames_at = strings_at + struct.unpack_from("<Q", header, 48)[0] - 64
        out.write(tail)
        size = out.tell()
        out.seek(28)
        out.write(struct.pack("<QIQQI", chunk.samples * times, 1, strings_at, frames_at, int(pack)))
        out.seek(size - 24)
        out.write(struct.pack("<Q", size))
    return chunk.samples * times, size


def decode(data, most):
    """Counts stacks, as plainly as Python can; returns the samples."""
    strings_at = struct.unpack_from("<Q", data, 40)[0]
    position, samples, stacks, counts = 64, 0, {}, {}

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while position < strings_at and samples < most:
        thread, interpreter, kind = struct.unpack_from("<QIB", data, position)
        position += 13
        stack = stacks.get((thread, interpreter), ())
        repeats = varint() if kind == 0 else 1
        for _ in range(repeats):
            varint()
            position += 1
        if kind == 1:
            stack = tuple(varint() for _ in range(varint()))
        elif kind == 2:
            keep = varint()
            stack = tuple(varint() for _ in range(varint())) + stack[len(stack) - keep :]
        elif kind == 3:
            pop = varint()
            stack = tuple(varint() for _ in range(varint())) + stack[pop:]
        stacks[thread, interpreter] = stack
        counts[stack] = counts.get(stack, 0) + repeats
        samples += repeats
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000_000)
    parser.add_argument("--pack", action="store_true", help="with zstd, which must be installed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "big.bin")
        samples, size = write(path, options.samples, options.pack)
        print(f"{samples} samples, {size / 1e6:.0f} MB", flush=True)
        begin = time.monotonic()
        subprocess.run([tools / "prof2text", "--max-size", "64G", "-n", "1", path], check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - begin
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"prof2text: {seconds:.2f} s (CPU {usage.ru_utime + usage.ru_stime:.2f} s), {samples / seconds / 1e6:.1f} million samples a second, at most {usage.ru_maxrss / 1024:.0f} MiB")
        if not options.pack:
            with open(path, "rb") as stream:
                data = stream.read(64 << 20)
            begin = time.monotonic()
            decoded = decode(data, 1_000_000) if len(data) == size or size > len(data) else 0
            seconds = time.monotonic() - begin
            print(f"plain Python: {decoded / seconds / 1e6:.2f} million samples a second")


if __name__ == "__main__":
    main()
