"""`derive:` formulas: numbers, columns, + - * / and parentheses. Parsed, never evaluated as code."""

from __future__ import annotations

import ast
from collections.abc import Callable

from kpi_toolkit.engagement import shortened
from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

LONGEST = 500  # characters
OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class BadFormula(KpiError):
    code = "K118"
    message = N_("sources.{table}.derive.{column}: {formula!r} is no formula: {problem}. Allowed: numbers, columns, + - * / ( ).")


def parsed(formula: str, *, table: str, column: str) -> ast.expr:
    """The formula's tree, with nothing in it but numbers, names, signs, + - * / and parentheses. Raises `BadFormula`."""

    def refuse(problem: str) -> BadFormula:
        return BadFormula(table=table, column=column, formula=shortened(formula), problem=problem)

    if len(formula) > LONGEST:
        raise refuse(f"longer than {LONGEST} characters")
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise refuse("it cannot be parsed") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if type(node.value) not in (int, float):
                raise refuse(f"{shortened(repr(node.value))} is no number")
        elif isinstance(node, ast.BinOp):
            if type(node.op) not in OPERATORS:
                raise refuse("an operator other than + - * /")
        elif isinstance(node, ast.UnaryOp):
            if not isinstance(node.op, ast.USub | ast.UAdd):
                raise refuse("an operator other than + - * /")
        elif not isinstance(node, ast.Name | ast.Load | ast.operator | ast.unaryop):
            raise refuse(f"{type(node).__name__} is not allowed")
    return tree


def names(tree: ast.expr) -> list[str]:
    """The columns that a formula reads, in the order of their names."""
    return sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})


def sql(tree: ast.expr, column: Callable[[str], str]) -> str:
    """The formula as an SQL expression of doubles; a division by zero gives NULL."""
    if isinstance(tree, ast.Constant):
        return f"CAST({tree.value!r} AS DOUBLE)"
    if isinstance(tree, ast.Name):
        return column(tree.id)
    if isinstance(tree, ast.UnaryOp):
        return f"({'-' if isinstance(tree.op, ast.USub) else '+'} {sql(tree.operand, column)})"
    assert isinstance(tree, ast.BinOp)
    left, right = sql(tree.left, column), sql(tree.right, column)
    if isinstance(tree.op, ast.Div):
        right = f"nullif({right}, 0)"
    return f"({left} {OPERATORS[type(tree.op)]} {right})"
