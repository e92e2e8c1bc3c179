"""A garage of SimPy processes: cars wait for pumps, a truck refills the tank."""

import random

import simpy


def car(env, name, pumps, tank, done):
    with pumps.request() as request:
        result = yield request | env.timeout(120)
        if request not in result:
            return
        litres = random.randint(20, 50)
        yield tank.get(litres)
        yield env.timeout(litres / 2)
        done.append((name, env.now))


def control(env, tank):
    while True:
        if tank.level < 100:
            yield env.process(truck(env, tank))
        yield env.timeout(10)


def truck(env, tank):
    yield env.timeout(60)
    amount = tank.capacity - tank.level
    yield tank.put(amount)


def source(env, pumps, tank, done):
    for i in range(400):
        env.process(car(env, f"car {i}", pumps, tank, done))
        yield env.timeout(random.expovariate(1 / 8))


def main():
    random.seed(1)
    env = simpy.Environment()
    pumps = simpy.Resource(env, 3)
    tank = simpy.Container(env, 500, init=300)
    done = []
    env.process(control(env, tank))
    env.process(source(env, pumps, tank, done))
    env.run(until=4000)
    print(len(done))


main()
