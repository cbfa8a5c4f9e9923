"""Reads a pickle as data: a stack machine for its opcodes that has nothing to call.

A pickle is a program for a stack machine. Python's own machine imports and calls what the file names, and even a subclass of
it with a list of allowed names looks up attributes (`append`, `__setstate__`, `__dict__`) on what these gave back, grows its
memo to any index, and hashes what it is told to. So this is another machine. The standard library's `pickletools.genops`
splits the file into opcodes and runs nothing; here a name stays a `Name`, an object an `Inert`, and a call goes to a table of
our own functions, from plain values to plain values. No import, no attribute, no class comes from the file.

Bounded: opcodes (and with them the memo and all containers), integers of `MAX_INTEGER` bytes, and what calls may take in, which
is no more than the file is long: a file uses each of its parts once. Containers of the file may hold each other many times
over or themselves: whoever walks them bounds depth and number.
"""

import pickletools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

MAX_OPCODES = 500_000  # StyleGAN3's own files have about 30,000, with those inside their tensors
MAX_INTEGER = 64  # bytes
MAX_KEY = 1 << 53  # integers as keys of a dict: beyond, they can be made to collide


class Damaged(ValueError):
    """The file ends too early or is no pickle."""


class Forbidden(ValueError):
    """The file asks for something that weights do not need; the message is a short name of it."""


@dataclass(frozen=True, slots=True)
class Name:
    """A global that the file refers to: a text, never looked up."""

    module: str
    name: str

    def __str__(self):
        return re.sub(r"[^\w.]", "?", f"{self.module[:80]}.{self.name[:80]}")[:80]


class Inert:
    """Stands for an object of the file: what it was made from, and the state it was given."""

    __slots__ = ("kind", "state")

    def __init__(self, kind: str, state=None):
        self.kind, self.state = kind, state

    def build(self, state) -> None:
        """BUILD: keep the state. A kind that must understand it overrides this."""
        self.state = state


class Budget:
    """What reading one file may take, with everything inside it: opcodes, and bytes (or items) given to calls."""

    __slots__ = ("opcodes", "taken")

    def __init__(self, length: int):
        self.opcodes, self.taken = MAX_OPCODES, length + 65_536

    def take(self, values) -> None:
        """Charge for the values that a call takes in. Raises Forbidden when it comes to more than the file is long."""
        self.taken -= sum(len(value) for value in values if isinstance(value, str | bytes | list | tuple | dict))
        if self.taken < 0:
            raise Forbidden("the same numbers again and again")


Calls = Mapping[tuple[str, str], Callable]  # (module, name) -> our function of the arguments
_MARK = object()
_NUMBERS = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
_TEXTS = {
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES",
    "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip


def read(file: BinaryIO, calls: Calls, budget: Budget, persistent: Callable | None = None):
    """The value that a pickle stands for, with `Inert` for objects; the file is left behind its STOP.

    `file` must give no more bytes than it has when asked for more (a BytesIO or an mmap, not a file of the system's, which
    takes the memory first). `calls` are the globals that may be called, `persistent` what to make of a persistent id (torch's
    storages). Raises Damaged and Forbidden.
    """
    machine = _Machine(calls, budget, persistent)
    try:
        for opcode, argument, _ in pickletools.genops(file):
            budget.opcodes -= 1
            if budget.opcodes < 0:
                raise Forbidden("a pickle of half a million parts")
            action = _ACTIONS.get(opcode.name)
            if action is None:
                raise Forbidden(f"the opcode {opcode.name}")
            action(machine, argument)
        return machine.pop()
    except (Damaged, Forbidden):
        raise
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, EOFError, SyntaxError) as error:
        raise Damaged(str(error)[:200]) from None


class _Machine:
    """The stack, the memo and one method a group of opcodes."""

    def __init__(self, calls: Calls, budget: Budget, persistent: Callable | None):
        self.calls, self.budget, self.persistent = calls, budget, persistent
        self.stack: list = []
        self.memo: dict = {}

    def do_number(self, argument):
        if type(argument) is int and argument.bit_length() > 8 * MAX_INTEGER:
            raise Forbidden("a giant number")
        self.stack.append(argument)

    def do_text(self, argument):
        self.stack.append(bytes(argument) if isinstance(argument, bytearray) else argument)

    def do_none(self, _):
        self.stack.append(None)

    def do_newtrue(self, _):
        self.stack.append(True)

    def do_newfalse(self, _):
        self.stack.append(False)

    def pop(self):
        value = self.stack.pop()
        if value is _MARK:
            raise Damaged("a mark where a value belongs")
        return value

    def marked(self) -> list:
        """Everything above the last mark."""
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index] is _MARK:
                values = self.stack[index + 1 :]
                del self.stack[index:]
                return values
        raise Damaged("no mark")

    def top(self, kind: type):
        """What lies on top, which has to be a `kind`."""
        if not isinstance(self.stack[-1], kind):
            raise Damaged("the wrong thing on the stack")
        return self.stack[-1]

    # ---- the stack and the memo

    def do_proto(self, _): ...

    def do_frame(self, _): ...

    def do_stop(self, _): ...

    def do_mark(self, _):
        self.stack.append(_MARK)

    def do_pop(self, _):
        self.stack.pop()

    def do_pop_mark(self, _):
        self.marked()

    def do_dup(self, _):
        self.stack.append(self.stack[-1])

    def do_memoize(self, _):
        self.memo[len(self.memo)] = self.stack[-1]

    def do_put(self, index):
        self.memo[index] = self.stack[-1]

    def do_get(self, index):
        self.stack.append(self.memo[index])

    do_binput = do_long_binput = do_put
    do_binget = do_long_binget = do_get

    # ---- containers; a set is kept as a list, so that nothing of the file is hashed but keys

    def do_empty_list(self, _):
        self.stack.append([])

    def do_list(self, _):
        self.stack.append(self.marked())

    do_empty_set, do_frozenset = do_empty_list, do_list

    def do_append(self, _):
        value = self.pop()
        self.top(list).append(value)

    def do_appends(self, _):
        values = self.marked()
        self.top(list).extend(values)

    do_additems = do_appends

    def do_empty_tuple(self, _):
        self.stack.append(())

    def do_tuple(self, _):
        self.stack.append(tuple(self.marked()))

    def do_tuple1(self, _):
        self.stack.append((self.pop(),))

    def do_tuple2(self, _):
        second, first = self.pop(), self.pop()
        self.stack.append((first, second))

    def do_tuple3(self, _):
        third, second, first = self.pop(), self.pop(), self.pop()
        self.stack.append((first, second, third))

    def do_empty_dict(self, _):
        self.stack.append({})

    def do_dict(self, _):
        self.stack.append(put({}, self.marked()))

    def do_setitem(self, _):
        value, key = self.pop(), self.pop()
        put(self.top(dict), [key, value])

    def do_setitems(self, _):
        values = self.marked()
        put(self.top(dict), values)

    # ---- names and calls

    def do_global(self, argument):
        self._name(*argument.split(" ", 1))

    def do_stack_global(self, _):
        name, module = self.pop(), self.pop()
        self._name(module, name)

    def _name(self, module, name):
        if not (isinstance(module, str) and isinstance(name, str)):
            raise Damaged("a name that is no text")
        found = Name(module, name)
        if (module, name) not in self.calls:  # refused when named, not only when called
            raise Forbidden(str(found))
        self.stack.append(found)

    def do_reduce(self, _):
        arguments, function = self.pop(), self.pop()
        if not (isinstance(function, Name) and isinstance(arguments, tuple)):
            raise Damaged("a call of what is no name")
        self.budget.take(arguments)
        self.stack.append(self.calls[function.module, function.name](*arguments))

    do_newobj = do_reduce

    def do_newobj_ex(self, _):
        if self.pop():
            raise Forbidden("a call with keywords")
        self.do_reduce(None)

    def do_build(self, _):
        state, built = self.pop(), self.stack[-1]
        if isinstance(built, Inert):
            self.budget.take(state if isinstance(state, tuple) else ())
            built.build(state)
        elif not isinstance(built, dict):  # attributes of a dict (torch's _metadata) are passed over
            raise Forbidden("a state for what has none")

    def do_binpersid(self, _):
        if self.persistent is None:
            raise Forbidden("a persistent id")
        self.stack.append(self.persistent(self.pop()))


def put(target: dict, flat: list) -> dict:
    """Add [key, value, key, value, …] to a dict; only texts and plain integers can be keys."""
    if len(flat) % 2:
        raise Damaged("a key without a value")
    for key, value in zip(flat[::2], flat[1::2], strict=True):
        if not isinstance(key, str | bytes) and not (type(key) is int and abs(key) < MAX_KEY):
            raise Forbidden("a key that is neither text nor number")
        target[key] = value
    return target


def _action(name: str) -> Callable | None:
    kind = "number" if name in _NUMBERS else "text" if name in _TEXTS else name.lower()
    return getattr(_Machine, f"do_{kind}", None)


_ACTIONS = {opcode.name: action for opcode in pickletools.opcodes if (action := _action(opcode.name))}
