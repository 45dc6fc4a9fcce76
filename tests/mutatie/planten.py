"""Which changes can be made to a module: one small mistake at a time, each as the tree that Python compiles.

Own, because the statements of our repositories are expressions of modules. mutmut changes functions only, so it never
touches one. cosmic-ray changes operators and numbers wherever they stand, but no part of a query can go missing; and both
pay for the start of the servers with each change. What is here is the mistakes that we can make: a condition, a column, an
order, a lock or a conflict clause that is not there, beside a comparison that is off by one.
"""

import ast
import copy
from collections.abc import Iterator
from functools import singledispatch
from pathlib import Path
from typing import Final, NamedTuple

from lokaal.paths import ROOT

# The boundary for what orders, the opposite for what does not.
_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CALCULATED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_NAMED: Final = {
    "and_": "or_",
    "or_": "and_",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "join": "outerjoin",
    "outerjoin": "join",
}
# What a statement, and a sorted list, is without.
_CLAUSES: Final = frozenset(
    {
        "where",
        "having",
        "order_by",
        "group_by",
        "limit",
        "distinct",
        "desc",
        "with_for_update",
        "on_conflict_do_nothing",
        "add_cte",
        "sorted",
    }
)
# Whose arguments are conditions, columns or rows: one may be missing.
_PARTS: Final = frozenset(
    {
        "and_",
        "or_",
        "where",
        "having",
        "order_by",
        "group_by",
        "values",
        "on_conflict_do_update",
        "case",
    }
)
# And whose named ones: elsewhere a call that misses one fails at once.
_NAMED_PARTS: Final = frozenset(
    {
        "values",
        "on_conflict_do_update",
        "case",
        "with_for_update",
        "replace",
        "_replace",
    }
)


class Mutatie(NamedTuple):
    """One change as people know it: it is the same one when the lines around it move."""

    bestand: str
    regel: str
    wordt: str

    def __str__(self) -> str:
        return f"{self.bestand}: {self.regel}\n    {self.wordt}"


class _Change(NamedTuple):
    """`line` is where it is read; `of` is replaced by `by`."""

    line: int
    told: str
    of: ast.AST
    by: ast.AST


class Plant(NamedTuple):
    """A change to a module."""

    mutatie: Mutatie
    file: Path
    whole: ast.Module
    change: _Change

    @property
    def tree(self) -> ast.Module:
        """The module with the change in it."""
        _, _, of, by = self.change
        # What is copied already is taken for the node itself.
        return ast.fix_missing_locations(copy.deepcopy(self.whole, {id(of): ast.copy_location(by, of)}))


def planten(file: Path) -> Iterator[Plant]:
    """Every change that can be made to a module, in the order in which it is read."""
    source = file.read_text()
    lines, tree = source.splitlines(), ast.parse(source)
    for change in sorted(_changes(tree), key=lambda each: each.line):
        yield Plant(
            Mutatie(str(file.relative_to(ROOT)), lines[change.line - 1].strip(), change.told), file, tree, change
        )


def _changes(node: ast.AST) -> Iterator[_Change]:
    yield from _of(node)
    for name, value in ast.iter_fields(node):
        if not _silent(node, name):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, ast.AST):
                    yield from _changes(each)


def _silent(node: ast.AST, field: str) -> bool:
    """Whether what stands there says a thing about the code, and not to it."""
    match node:
        case ast.ClassDef() if field == "keywords":
            return True
        case ast.Subscript(slice=ast.Tuple()):  # the types of a mapping
            return True
        case _:
            return field in {"annotation", "returns", "decorator_list", "bases"}


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


@singledispatch
def _of(node: ast.AST) -> Iterator[_Change]:
    """What can be changed of this node itself."""
    del node
    return iter(())


@_of.register
def _(node: ast.Expr) -> Iterator[_Change]:
    if isinstance(node.value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom):
        yield _Change(node.lineno, f"gone: {ast.unparse(node)}", node, ast.Pass())


@_of.register
def _(node: ast.Raise) -> Iterator[_Change]:
    yield _Change(node.lineno, f"gone: {ast.unparse(node)}", node, ast.Pass())


@_of.register(ast.If)
@_of.register(ast.IfExp)
def _(node: ast.If | ast.IfExp) -> Iterator[_Change]:
    # What is made of more is changed itself.
    if not isinstance(node.test, ast.Compare | ast.UnaryOp | ast.BoolOp):
        yield _Change(
            node.test.lineno, f"if not {ast.unparse(node.test)}", node.test, ast.UnaryOp(ast.Not(), node.test)
        )


@_of.register
def _(node: ast.Compare) -> Iterator[_Change]:
    for number, (op, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
        other = _COMPARED[type(op)]()
        told = ast.unparse(ast.Compare(ast.Name("…"), [other], [right]))
        by = _with(node, ops=[*node.ops[:number], other, *node.ops[number + 1 :]])
        yield _Change(node.lineno, told, node, by)


@_of.register
def _(node: ast.BoolOp) -> Iterator[_Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _Change(node.lineno, type(other).__name__.lower(), node, _with(node, op=other))
    yield from _gone(node, "values", node.values)


@_of.register
def _(node: ast.UnaryOp) -> Iterator[_Change]:
    if isinstance(node.op, ast.Not | ast.Invert):
        yield _Change(node.lineno, f"not negated: {ast.unparse(node.operand)}", node, node.operand)


@_of.register
def _(node: ast.BinOp) -> Iterator[_Change]:
    if other := _CALCULATED.get(type(node.op)):
        told = ast.unparse(ast.BinOp(ast.Name("…"), other(), node.right))
        yield _Change(node.lineno, told, node, _with(node, op=other()))


@_of.register
def _(node: ast.Constant) -> Iterator[_Change]:
    if isinstance(node.value, bool):
        yield _Change(node.lineno, str(not node.value), node, ast.Constant(not node.value))
    elif isinstance(node.value, int):
        yield _Change(node.lineno, f"{node.value} + 1", node, ast.Constant(node.value + 1))


@_of.register
def _(node: ast.Dict) -> Iterator[_Change]:
    for number, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        keys, values = ([*each[:number], *each[number + 1 :]] for each in (node.keys, node.values))
        told = ast.unparse(key) if key else f"**{ast.unparse(value)}"
        yield _Change(value.lineno, f"gone: {told}", node, _with(node, keys=keys, values=values))


@_of.register(ast.Set)
@_of.register(ast.Tuple)
@_of.register(ast.List)
def _(node: ast.Set | ast.Tuple | ast.List) -> Iterator[_Change]:
    if len(node.elts) > 1 and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from _gone(node, "elts", node.elts)


@_of.register
def _(node: ast.comprehension) -> Iterator[_Change]:
    for each in node.ifs:
        kept = [other for other in node.ifs if other is not each]
        yield _Change(each.lineno, f"gone: if {ast.unparse(each)}", node, _with(node, ifs=kept))


@_of.register
def _(node: ast.Call) -> Iterator[_Change]:
    func, line = node.func, node.func.end_lineno or node.lineno
    method = isinstance(func, ast.Attribute)
    name = getattr(func, "attr" if method else "id", "")
    if name in _CLAUSES:
        without = func.value if isinstance(func, ast.Attribute) else node.args[0]
        yield _Change(line, f"no {'.' * method}{name}()", node, without)
    if name in _NAMED:
        yield _Change(line, f"{_NAMED[name]}(…)", func, _with(func, **{"attr" if method else "id": _NAMED[name]}))
    if name == "order_by" and len(node.args) > 1:
        yield _Change(line, "the other order", node, _with(node, args=node.args[::-1]))
    if name in _PARTS and len(node.args) > 1:
        yield from _gone(node, "args", node.args)
    for each in node.keywords if name in _NAMED_PARTS else ():
        kept = [other for other in node.keywords if other is not each]
        told = f"gone: {each.arg or '**'}={ast.unparse(each.value)}"
        yield _Change(each.value.lineno, told, node, _with(node, keywords=kept))


def _gone(node: ast.expr, field: str, parts: list[ast.expr]) -> Iterator[_Change]:
    for number, part in enumerate(parts):
        kept = [*parts[:number], *parts[number + 1 :]]
        # What joins by `and` joins two at least.
        by = kept[0] if isinstance(node, ast.BoolOp) and len(kept) == 1 else _with(node, **{field: kept})
        yield _Change(part.lineno, f"gone: {ast.unparse(part)}", node, by)
