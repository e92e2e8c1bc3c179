"""Three threads and a queue (Python 2.7 and 3).

cProfile records only the thread that started it up to Python 3.11; 3.12 and
3.13 record the calls of other threads on the same stack.
"""

import threading

try:
    import queue
except ImportError:
    import Queue as queue


def count_primes(limit):
    return sum(1 for n in range(2, limit) if is_prime(n))


def is_prime(n):
    return all(n % d for d in range(2, int(n ** 0.5) + 1))


def worker(jobs, results):
    while True:
        limit = jobs.get()
        if limit is None:
            return
        results.put((limit, count_primes(limit)))


def main():
    jobs, results = queue.Queue(), queue.Queue()
    threads = [threading.Thread(target=worker, args=(jobs, results)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for limit in (100, 200, 300, 400, 500, 600):
        jobs.put(limit)
    for thread in threads:
        jobs.put(None)
    for thread in threads:
        thread.join()
    print(sorted(results.get() for _ in range(6)))


if __name__ == "__main__":
    main()
