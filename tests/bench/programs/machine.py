"""Classes with all that Python's data model offers."""

import collections
import contextlib
import dataclasses
import enum
import functools
import typing


class Op(enum.Enum):
    PUSH = 1
    ADD = 2
    MUL = 3
    STORE = 4
    LOAD = 5


class Typed:
    def __init__(self, kind):
        self.kind = kind

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name)

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(self.name)
        setattr(instance, self.name, value)


@dataclasses.dataclass(order=True)
class Instruction:
    op: Op
    operand: typing.Any = None
    cost: int = dataclasses.field(default=1, compare=False)

    def __post_init__(self):
        self.cost += self.op.value


class Vector:
    def __init__(self, *values):
        self.values = values

    def __add__(self, other):
        return Vector(*(a + b for a, b in zip(self, other)))

    def __radd__(self, other):
        return self if other == 0 else NotImplemented

    def __iter__(self):
        yield from self.values

    def __getitem__(self, index):
        return self.values[index]

    def __len__(self):
        return len(self.values)

    def __eq__(self, other):
        return tuple(self) == tuple(other)

    def __contains__(self, value):
        return any(value == mine for mine in self)


def traced(function):
    @functools.wraps(function)
    def wrapper(self, *args):
        self.calls[function.__name__] += 1
        return function(self, *args)

    return wrapper


class Machine:
    limit = Typed(int)

    def __init__(self, limit):
        self.limit = limit
        self.stack = []
        self.memory = {}
        self.calls = collections.Counter()
        self.table = {Op.PUSH: self.push, Op.ADD: self.add, Op.MUL: self.mul}

    @traced
    def push(self, value):
        self.stack.append(value)

    @traced
    def add(self, _):
        self.stack.append(self.stack.pop() + self.stack.pop())

    @traced
    def mul(self, _):
        a, b = self.stack.pop(), self.stack.pop()
        self.stack.append(a * b)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return functools.partial(self.table[Op[name[3:].upper()]], None)
        raise AttributeError(name)

    @contextlib.contextmanager
    def running(self):
        saved = list(self.stack)
        try:
            yield self
        finally:
            self.stack = saved

    def run(self, program):
        with self.running() as m:
            for i, instruction in enumerate(program):
                if i >= m.limit:
                    break
                handler = m.table.get(instruction.op)
                if handler is None:
                    m.store(instruction)
                else:
                    handler(instruction.operand)
            m.push(6)
            m.push(7)
            m.do_mul()
            return self.stack[-1]

    def store(self, instruction):
        self.memory[instruction.operand] = instruction


def main():
    program = [Instruction(Op.PUSH, i) for i in range(20)] + [Instruction(Op.ADD)] * 10 + [Instruction(Op.STORE, "x")]
    machine = Machine(1000)
    for _ in range(50):
        result = machine.run(program)
    print(result, sorted(machine.calls.items()), max(program[:20]) > min(program[:20]))
    total = sum((Vector(i, i + 1, i + 2) for i in range(100)), 0)
    print(total[0], len(total), 4950 in total, total == Vector(4950, 5050, 5150), bool(total))


main()
