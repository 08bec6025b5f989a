"""How deep a syntax tree may be: what comes after walks it by recursion, and so does SymPy."""

from __future__ import annotations

from symbprop.language.source import SourceError, Span
from symbprop.language.syntax import Binary, Call, Equation, Reduce, Unary

DEEPEST = 60  # operations inside one another


def require_shallow(root: object) -> None:
    """Raises ``SourceError`` where operations nest deeper than ``DEEPEST``; a chain of sums is one operation."""
    stack: list[tuple[object, int]] = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        inside: tuple[object, ...]
        match node:
            case Binary(operator="+" | "-"):
                while isinstance(node, Binary) and node.operator in "+-":
                    stack.append((node.right, depth + 1))
                    node = node.left
                inside = (node,)
            case Binary():
                inside = (node.left, node.right)
            case Unary():
                inside = (node.operand,)
            case Call():
                inside = node.arguments
            case Reduce():
                inside = (node.body,)
            case Equation():
                inside = (node.expression, node.condition)
            case tuple():
                stack.extend((each, depth) for each in node)
                continue
            case _:
                continue
        if depth > DEEPEST:
            span = getattr(node, "span", None)
            assert isinstance(span, Span)
            hint = "give a part of it a name, in an equation of its own"
            raise SourceError(f"operations nest deeper than {DEEPEST} levels", span, hint=hint)
        stack.extend((each, depth + 1) for each in inside)
