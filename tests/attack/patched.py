"""The compiler with one line of its source changed, in place: the functions that hold the line run the changed text."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType

from sympy.core.cache import clear_cache

from symbprop.accuracy import computed

PACKAGE = "symbprop"
KEPT = (
    "symbprop.library",
    "symbprop.language",
    "symbprop.emit.templates",
)  # what was read from files, which no bug changes


@contextmanager
def patched(name: str, old: str, new: str) -> Iterator[None]:
    """The compiler in whose module ``name`` the text ``new`` stands for ``old``, within a function.

    Nothing that the honest compiler has found out before is known to the other, or the other way round.
    """
    module = sys.modules[f"{PACKAGE}.{name}"]
    text = inspect.getsource(module)
    if text.count(old) != 1:
        raise ImportError(f"{name} holds {old!r} {text.count(old)} times, not once")
    codes = {each.co_qualname: each for each in _codes(compile(text.replace(old, new), str(module.__file__), "exec"))}
    honest = {each: each.__code__ for each in _functions(module) if each.__code__.co_qualname in codes}
    try:
        for function, code in honest.items():
            function.__code__ = codes[code.co_qualname]
        forget()
        yield
    finally:
        for function, code in honest.items():
            function.__code__ = code
        forget()


def forget() -> None:
    """Empties what functions have kept of earlier calls, SymPy's among them."""
    for name, module in tuple(sys.modules.items()):
        if name.startswith(f"{PACKAGE}.") and not name.startswith(KEPT):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()
    computed._chosen.clear()
    clear_cache()


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of every function of a compiled module, however deep."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """The functions and methods that a module defines."""
    classes = [each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == module.__name__]
    for space in (module, *classes):
        for each in vars(space).values():
            found = inspect.unwrap(getattr(each, "fget", None) or getattr(each, "__func__", each))
            if isinstance(found, FunctionType) and found.__module__ == module.__name__:
                yield found
