"""The operators of JSONLogic: access, logic, comparison, arithmetic, lists and texts."""

from typing import Any

from . import values
from .logic import LONGEST_LIST, LONGEST_TEXT, Constant, Fn, Node, Run, TooMuch, operator
from .values import NAN, less, loosely_equal, number, strictly_equal, text, tidy, truthy

FLAGD = "$flagd"


@operator("var")
def var(node: Node) -> Fn:
    """A value of the context by its path ("user.name"), or what stands second where there is none."""
    args = node.args
    if len(args) > 2:
        node.count(0, 2)
    fallback = node.arg(1) if len(args) > 1 else Constant(None)
    if args and isinstance(args[0], dict | list):
        where = node.arg(0)
        return lambda data, run: _or(_walk(data, _parts(where(data, run)), node, run), fallback, data, run)
    parts = _parts(args[0] if args else None)
    if not node.inner and parts[:1] == [FLAGD]:
        return _own(parts[1:], node)
    if not node.inner and len(parts) == 1 and isinstance(fallback, Constant):
        name, otherwise = parts[0], fallback.value

        def plain(data: Any, run: Run) -> Any:
            value = data.get(name) if type(data) is dict else _walk(data, parts, node, run)
            return otherwise if value is None else value

        return plain
    return lambda data, run: _or(_walk(data, parts, node, run), fallback, data, run)


def _or(value: Any, fallback: Fn, data: Any, run: Run) -> Any:
    return fallback(data, run) if value is None else value


def _parts(path: Any) -> list[str]:
    if path is None or path == "" or isinstance(path, list | dict):
        return []
    return text(path).split(".")[:64]


def _own(parts: list[str], node: Node) -> Fn:
    if parts == ["flagKey"]:
        return Constant(node.compiler.key)
    if parts == ["timestamp"]:
        return lambda _data, run: run.timestamp()
    if not parts:
        return lambda _data, run: {"flagKey": node.compiler.key, "timestamp": run.timestamp()}
    node.problem(f"there is no $flagd.{'.'.join(parts)[:40]}; there are flagKey and timestamp")
    return Constant(None)


def _walk(data: Any, parts: list[str], node: Node, run: Run) -> Any:
    if not node.inner and parts[:1] == [FLAGD] and parts[1:] in (["flagKey"], ["timestamp"]):
        return node.compiler.key if parts[1] == "flagKey" else run.timestamp()
    for part in parts:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list | tuple) and part.isascii() and part.isdecimal() and len(part) < 9:
            data = data[int(part)] if int(part) < len(data) else None
        else:
            return None
    return data


@operator("missing")
def missing(node: Node) -> Fn:
    """Which of these paths the context lacks."""
    keys = node.all()
    return lambda data, run: _missing(data, _flat([key(data, run) for key in keys]), node, run)


@operator("missing_some")
def missing_some(node: Node) -> Fn:
    """Which of these paths the context lacks, unless it has as many as are asked for."""
    if not node.count(2, 2):
        return Constant(None)
    needed, keys = node.arg(0), node.arg(1)

    def some(data: Any, run: Run) -> Any:
        wanted = _flat([keys(data, run)])
        lacking = _missing(data, wanted, node, run)
        return [] if len(wanted) - len(lacking) >= number(needed(data, run)) else lacking

    return some


def _flat(found: list[Any]) -> list[Any]:
    return [one for item in found for one in (item if isinstance(item, list) else [item])]


def _missing(data: Any, keys: list[Any], node: Node, run: Run) -> list[Any]:
    return [key for key in keys if _walk(data, _parts(key), node, run) in (None, "")]


@operator("if", "?:")
def choose(node: Node) -> Fn:
    """Conditions and values in turn, then what holds otherwise."""
    parts = node.all()
    if len(parts) in (2, 3):
        condition, then = parts[0], parts[1]
        otherwise = parts[2] if len(parts) == 3 else Constant(None)
        return lambda data, run: then(data, run) if truthy(condition(data, run)) else otherwise(data, run)

    def chain(data: Any, run: Run) -> Any:
        for place in range(0, len(parts) - 1, 2):
            if truthy(parts[place](data, run)):
                return parts[place + 1](data, run)
        return parts[-1](data, run) if len(parts) % 2 else None

    return chain


@operator("and")
def both(node: Node) -> Fn:
    """The first value that is false, else the last one."""
    parts = node.all()

    def every(data: Any, run: Run) -> Any:
        value = None
        for part in parts:
            value = part(data, run)
            if not truthy(value):
                return value
        return value

    return every


@operator("or")
def either(node: Node) -> Fn:
    """The first value that is true, else the last one."""
    parts = node.all()

    def first(data: Any, run: Run) -> Any:
        value = None
        for part in parts:
            value = part(data, run)
            if truthy(value):
                return value
        return value

    return first


@operator("!", "!!")
def negated(node: Node) -> Fn:
    if not node.count(1, 1):
        return Constant(None)
    value = node.arg(0)
    if node.operator == "!":
        return lambda data, run: not truthy(value(data, run))
    return lambda data, run: truthy(value(data, run))


@operator("==", "!=", "===", "!==")
def equality(node: Node) -> Fn:
    if not node.count(2, 2):
        return Constant(None)
    one, other = node.arg(0), node.arg(1)
    equal = strictly_equal if len(node.operator) == 3 else loosely_equal
    if isinstance(one, Constant):
        one, other = other, one
    if isinstance(other, Constant) and isinstance(other.value, str):
        return _equal_to_text(one, other.value, equal, node.operator[0] == "!")
    if node.operator[0] == "!":
        return lambda data, run: not equal(one(data, run), other(data, run))
    return lambda data, run: equal(one(data, run), other(data, run))


def _equal_to_text(one: Fn, wanted: str, equal: Any, negative: bool) -> Fn:
    def compare(data: Any, run: Run) -> Any:
        value = one(data, run)
        return (value == wanted if type(value) is str else equal(value, wanted)) is not negative

    return compare


@operator("<", "<=", ">", ">=")
def order(node: Node) -> Fn:
    """`<` and `<=` also take three: whether the second lies between the others."""
    if not node.count(2, 3 if node.operator[0] == "<" else 2):
        return Constant(None)
    compare = less if len(node.operator) == 1 else values.at_most
    parts = node.all()
    if node.operator[0] == ">":
        parts.reverse()
    if len(parts) == 2:
        one, other = parts
        return lambda data, run: compare(one(data, run), other(data, run))

    def between(data: Any, run: Run) -> Any:
        low, middle, high = (part(data, run) for part in parts)
        return compare(low, middle) and compare(middle, high)

    return between


@operator("+", "*")
def gather(node: Node) -> Fn:
    """Sum and product of numbers; texts that read as numbers count as such."""
    parts, product = node.all(), node.operator == "*"

    def total(data: Any, run: Run) -> Any:
        made = 1.0 if product else 0.0
        for part in parts:
            value = _float(part(data, run))
            made = made * value if product else made + value
        return tidy(made)

    return total


@operator("-", "/", "%")
def reckon(node: Node) -> Fn:
    """Difference (or, of one, its negative), quotient and remainder; nothing where there is none."""
    if not node.count(1 if node.operator == "-" else 2, 2):
        return Constant(None)
    one, other = node.arg(0), node.arg(1) if len(node.args) > 1 else None
    if other is None:
        return lambda data, run: tidy(-_float(one(data, run)))
    second, sign = other, node.operator

    def result(data: Any, run: Run) -> Any:
        a, b = _float(one(data, run)), _float(second(data, run))
        if sign == "-":
            return tidy(a - b)
        if b == 0 or a != a or b != b or a in (float("inf"), float("-inf")):
            return None
        return tidy(a / b if sign == "/" else a - b * int(a / b) if abs(a / b) < 2**53 else 0.0)

    return result


def _float(value: Any) -> float:
    try:
        return float(number(value))
    except OverflowError:
        return NAN


@operator("min", "max")
def extreme(node: Node) -> Fn:
    parts, least = node.all(), node.operator == "min"

    def most(data: Any, run: Run) -> Any:
        found = [_float(one) for one in _flat([part(data, run) for part in parts])]
        return tidy(min(found) if least else max(found)) if found and all(one == one for one in found) else None

    return most


@operator("map", "filter", "all", "some", "none")
def loop(node: Node) -> Fn:
    if not node.count(2, 2):
        return Constant(None)
    over, body, name = node.arg(0), node.arg(1, element=True), node.operator

    def go(data: Any, run: Run) -> Any:
        found = over(data, run)
        items = found if isinstance(found, list | tuple) else []
        if name in ("map", "filter"):
            return list(_mapped(items, body, run) if name == "map" else _filtered(items, body, run))
        for item in items:
            run.step()
            if truthy(body(item, run)) is (name != "all"):
                return name == "some"
        return name == "none" or (name == "all" and bool(items))

    return go


def _mapped(items: Any, body: Fn, run: Run) -> Any:
    for item in items:
        run.step()
        yield body(item, run)


def _filtered(items: Any, body: Fn, run: Run) -> Any:
    for item in items:
        run.step()
        if truthy(body(item, run)):
            yield item


@operator("reduce")
def reduce(node: Node) -> Fn:
    """Folds a list: the body sees `current` and `accumulator`."""
    if not node.count(2, 3):
        return Constant(None)
    over, body = node.arg(0), node.arg(1, element=True)
    start = node.arg(2) if len(node.args) > 2 else Constant(None)

    def fold(data: Any, run: Run) -> Any:
        found, made = over(data, run), start(data, run)
        for item in found if isinstance(found, list | tuple) else []:
            run.step()
            made = body({"current": item, "accumulator": made}, run)
        return made

    return fold


@operator("merge")
def merge(node: Node) -> Fn:
    parts = node.all()

    def merged(data: Any, run: Run) -> Any:
        made: list[Any] = []
        for part in parts:
            value = part(data, run)
            made.extend(value if isinstance(value, list | tuple) else [value])
            if len(made) > LONGEST_LIST:
                raise TooMuch(f"a list grows beyond {LONGEST_LIST:,} elements")
        return made

    return merged


@operator("in")
def contained(node: Node) -> Fn:
    """Whether a list has the value, or a text the shorter text."""
    if not node.count(2, 2):
        return Constant(None)
    what, where = node.arg(0), node.arg(1)
    known: frozenset[str] = frozenset()
    if isinstance(where, Constant) and isinstance(where.value, list):
        known = frozenset(one for one in where.value if isinstance(one, str))

    def inside(data: Any, run: Run) -> Any:
        value = what(data, run)
        if known and type(value) is str:
            return value in known
        around = where(data, run)
        if isinstance(around, str):
            return value is not None and text(value) in around
        return isinstance(around, list | tuple) and any(strictly_equal(value, one) for one in around)

    return inside


@operator("cat")
def cat(node: Node) -> Fn:
    parts = node.all()

    def joined(data: Any, run: Run) -> Any:
        made = "".join([text(part(data, run)) for part in parts])
        if len(made) > LONGEST_TEXT:
            raise TooMuch(f"a text grows beyond {LONGEST_TEXT:,} characters")
        return made

    return joined


@operator("substr")
def substr(node: Node) -> Fn:
    """Part of a text: from where (from the end where negative), and how long (or how much to leave off)."""
    if not node.count(2, 3):
        return Constant(None)
    parts = node.all()

    def part(data: Any, run: Run) -> Any:
        whole, start = text(parts[0](data, run)), _index(parts[1](data, run))
        tail = whole[start:] if start >= 0 or -start <= len(whole) else whole
        if len(parts) < 3:
            return tail
        length = _index(parts[2](data, run))
        return tail[:length]

    return part


def _index(value: Any) -> int:
    found = number(value)
    return int(max(min(found, 2**31), -(2**31))) if found == found else 0


@operator("log")
def log(node: Node) -> Fn:
    """Gives its argument; nothing is written anywhere."""
    return node.arg(0) if node.args else Constant(None)
