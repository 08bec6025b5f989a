"""The emitted ``loss`` as a function without side effects, for a peer that differentiates by tracing.

The text is the module's own: the same formulas, forward. What is written in place is made anew, ``out=t`` becomes
``t = …``, ``a[i] = e`` becomes ``a = a.at[i].set(e)``, which is how JAX's arrays are changed.
"""

from __future__ import annotations

import ast

OWN = ("_arguments", "_require_examples")  # called by a function on what it is given, before it computes


class Untraceable(Exception):
    """The function does what a tracer cannot follow; the message says what."""


def traceable(text: str, numpy: str) -> str:
    """A module with ``loss(dtype, arrays, sizes)`` that takes ``numpy`` for NumPy. Raises ``Untraceable``."""
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    loss = functions["loss"]
    if loss.args.kwonlyargs:
        raise Untraceable("it has state, noise or modes")
    body = [part for each in loss.body for part in _Rewriter().statement(each)]
    called = {
        node.func.id
        for each in body
        for node in ast.walk(each)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    if needed := sorted(called & set(functions)):
        raise Untraceable(f"it calls {', '.join(needed)}, which works in place or on strides")
    lines = [f"import {numpy} as np", "", "", "def loss(dtype, arrays, sizes):"]
    lines.extend("    " + row for each in body for row in ast.unparse(ast.fix_missing_locations(each)).splitlines())
    return "\n".join(lines) + "\n"


class _Rewriter:
    """Rewrites statements one by one."""

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """The statements for one; none for what the caller has done, and for a docstring."""
        match node:
            case ast.Assign(value=ast.Call(func=ast.Name(id=name))) if name in OWN:
                return []
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in OWN:
                return []
            case ast.Expr(value=ast.Constant()):
                return []
            case ast.Assign(targets=[target], value=value):
                out = _without_out(value)
                return [*_store(target, value), *([] if out is None else _store(out, _loaded(target)))]
            case ast.Expr(value=ast.Call() as value):
                if (out := _without_out(value)) is None:
                    raise Untraceable(f"it calls {ast.unparse(value.func)} for its effect")
                return _store(out, value)
            case ast.AugAssign(target=target, op=operator, value=value):
                return _store(target, ast.BinOp(_loaded(target), operator, value))
            case ast.For():
                node.body = [part for each in node.body for part in self.statement(each)]
                return [node]
            case ast.Return():
                return [node]
        raise Untraceable(f"it has a statement like {ast.unparse(node).splitlines()[0]}")


def _without_out(value: ast.expr) -> ast.expr | None:
    """Take ``out=`` from a call, and give what it named."""
    if not isinstance(value, ast.Call):
        return None
    found = next((each.value for each in value.keywords if each.arg == "out"), None)
    value.keywords = [each for each in value.keywords if each.arg != "out"]
    return found


def _store(target: ast.expr, value: ast.expr) -> list[ast.stmt]:
    """``target = value`` where nothing is changed in place."""
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        place = ast.Subscript(ast.Attribute(target.value, "at", ast.Load()), target.slice, ast.Load())
        made = ast.Call(ast.Attribute(place, "set", ast.Load()), [value], [])
        return [ast.Assign([ast.Name(target.value.id, ast.Store())], made)]
    if isinstance(target, (ast.Name, ast.Tuple)):
        return [ast.Assign([target], value)]
    raise Untraceable(f"it writes into {ast.unparse(target)}")


def _loaded(target: ast.expr) -> ast.expr:
    """What a target holds."""
    return ast.parse(ast.unparse(target), mode="eval").body
