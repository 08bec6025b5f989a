"""The check that a module carries on itself, if it is asked to: the verifier's probes, by NumPy alone."""

from __future__ import annotations

import ast

from symbprop.emit.templates import environment

APART = ("cotangent", "out", "microbatch", "map")  # arguments that do not choose what is computed


def with_selfcheck(text: str) -> str:
    """A module's text with ``selfcheck`` behind its other functions; one without a gradient as it is.

    Its arguments are those of ``loss_and_grad``, as the text has them.
    """
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if "loss_and_grad" not in functions:
        return text
    given = functions["loss_and_grad"].args
    keywords = {
        each.arg: ast.unparse(each) + f" = {ast.unparse(default)}"
        for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        if default is not None and each.arg not in APART
    }
    constants = [ast.unparse(node.target) for node in tree.body if isinstance(node, ast.AnnAssign)]
    check = environment().get_template("selfcheck.py.jinja").render(
        givens=[each.arg for each in given.args[1:]],
        keywords=list(keywords.values()),
        shared=[f'"{name}": {name}' for name in keywords],
        modes="training" in [each.arg for each in functions["loss"].args.kwonlyargs],
        detached="DETACHED" in constants,
    )  # fmt: skip
    return f"{text}\n\n{check}"
