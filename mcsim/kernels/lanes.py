"""Arithmetic on rows of numbers, eight side by side whatever the processor.

Sums always add up in the same order, so they are the same bits on every machine and as fast as it allows; a compiler
may not reorder a sum by itself. Rows belong to an array (matrices, places, length) and are named by pairs (matrix,
place); they are a multiple of eight long, with zeros at the end where there is less to hold.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8

_intrinsic: Callable[[Any], Any] = intrinsic
_tools: Any = cgutils
_Tuple: Any = types.Tuple
_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, LANES)
_INDEX = ir.IntType(64)
_PAIR = _Tuple((types.int64, types.int64))


def padded(length: int) -> int:
    """The least multiple of eight that is not below a length."""
    return -(-length // LANES) * LANES


class _Emitter:
    """What the builders below have in common: rows as pointers, loops over their elements."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        self.builder = builder
        self.array = context.make_array(signature.args[0])(context, builder, args[0])
        self.shape = _tools.unpack_tuple(builder, self.array.shape)
        self.length = self.shape[-1]

    def row(self, which: Any) -> Any:
        """A pointer to the row that a pair names by its matrix and its place there."""
        matrix, place = _tools.unpack_tuple(self.builder, which)
        return self.start(self.builder.add(self.builder.mul(matrix, self.shape[1]), place))

    def start(self, row: Any) -> Any:
        """A pointer to a row."""
        return self.builder.gep(self.array.data, [self.builder.mul(row, self.length)])

    def loop(self, first: Any, last: Any, kind: Any = _VECTOR) -> Any:
        """Step from one element to another, a vector or a number at a time."""
        step = _INDEX(LANES if kind is _VECTOR else 1)
        return _tools.for_range_slice(self.builder, first, last, step, _INDEX)

    def load(self, row: Any, at: Any, kind: Any = _VECTOR) -> Any:
        return self.builder.load(self._place(row, at, kind), align=8)

    def store(self, value: Any, row: Any, at: Any, kind: Any = _VECTOR) -> None:
        self.builder.store(value, self._place(row, at, kind), align=8)

    def spread(self, number: Any) -> Any:
        """A vector of one number."""
        first = self.builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.IntType(32)(0))
        return self.builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))

    def dot(self, x: Any, y: Any, length: Any) -> Any:
        """The inner product of so many elements of two rows: in eight sums, then what is left over one by one."""
        builder = self.builder
        whole = builder.and_(length, _INDEX(-LANES))
        lanes = _tools.alloca_once_value(builder, ir.Constant(_VECTOR, None))
        with self.loop(_INDEX(0), whole) as (at, _):
            builder.store(builder.fadd(builder.load(lanes), builder.fmul(self.load(x, at), self.load(y, at))), lanes)
        sums = [builder.extract_element(builder.load(lanes), ir.IntType(32)(lane)) for lane in range(LANES)]
        while len(sums) > 1:
            half = len(sums) // 2
            sums = [builder.fadd(a, b) for a, b in zip(sums[:half], sums[half:], strict=True)]
        total = _tools.alloca_once_value(builder, sums[0])
        with self.loop(whole, length, _DOUBLE) as (at, _):
            product = builder.fmul(self.load(x, at, _DOUBLE), self.load(y, at, _DOUBLE))
            builder.store(builder.fadd(builder.load(total), product), total)
        return builder.load(total)

    def _place(self, row: Any, at: Any, kind: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(row, [at]), kind.as_pointer())


@_intrinsic
def dot(typing_context: Any, rows: Any, x: Any, y: Any) -> Any:
    """The inner product of two rows."""
    del typing_context, x, y

    def build(*given: Any) -> Any:
        emit = _Emitter(*given)
        _, x, y = given[3]
        return emit.dot(emit.row(x), emit.row(y), emit.length)

    return types.float64(rows, _PAIR, _PAIR), build


@_intrinsic
def segment_dot(typing_context: Any, matrix: Any, i: Any, j: Any, bounds: Any) -> Any:
    """The inner product of rows i and j of a matrix from one place up to, not including, another; any length."""
    del typing_context, i, j, bounds

    def build(*given: Any) -> Any:
        emit = _Emitter(*given)
        _, i, j, bounds = given[3]
        first, last = _tools.unpack_tuple(emit.builder, bounds)
        x, y = (emit.builder.gep(emit.start(row), [first]) for row in (i, j))
        return emit.dot(x, y, emit.builder.sub(last, first))

    return types.float64(matrix, types.int64, types.int64, _PAIR), build


@_intrinsic
def segment_add(typing_context: Any, matrix: Any, out: Any, x: Any, share: Any) -> Any:
    """Add a factor times the first so many elements of row x of a matrix to row out, for share = (factor, length)."""
    del typing_context, out, x, share

    def build(*given: Any) -> Any:
        emit = _Emitter(*given)
        _, out, x, share = given[3]
        factor, length = _tools.unpack_tuple(emit.builder, share)
        target, source, whole = emit.start(out), emit.start(x), emit.builder.and_(length, _INDEX(-LANES))
        for first, last, kind, number in (
            (_INDEX(0), whole, _VECTOR, emit.spread(factor)),
            (whole, length, _DOUBLE, factor),
        ):
            with emit.loop(first, last, kind) as (at, _):
                product = emit.builder.fmul(number, emit.load(source, at, kind))
                emit.store(emit.builder.fadd(emit.load(target, at, kind), product), target, at, kind)
        return given[0].get_dummy_value()

    return types.void(matrix, types.int64, types.int64, _Tuple((types.float64, types.int64))), build


def _elementwise(value: Callable[..., Any], places: int) -> Callable[..., Any]:
    """A builder that sets the first row named, element by element, from itself, the other rows and the number given."""

    def build(*given: Any) -> Any:
        emit = _Emitter(*given)
        rows = [emit.row(which) for which in given[3][1 : places + 1]]
        numbers = [emit.spread(number) for number in given[3][places + 1 :]]
        with emit.loop(_INDEX(0), emit.length) as (at, _):
            emit.store(value(emit.builder, *(emit.load(row, at) for row in rows), *numbers), rows[0], at)
        return given[0].get_dummy_value()

    return build


@_intrinsic
def scale(typing_context: Any, rows: Any, out: Any, x: Any, factor: Any) -> Any:
    """Set a row to a factor times row x."""
    del typing_context, out, x, factor
    build = _elementwise(lambda b, _, x, factor: b.fmul(factor, x), 2)
    return types.void(rows, _PAIR, _PAIR, types.float64), build


@_intrinsic
def add_scaled(typing_context: Any, rows: Any, out: Any, x: Any, factor: Any) -> Any:
    """Add a factor times row x to a row."""
    del typing_context, out, x, factor
    build = _elementwise(lambda b, out, x, factor: b.fadd(out, b.fmul(factor, x)), 2)
    return types.void(rows, _PAIR, _PAIR, types.float64), build


@_intrinsic
def multiply(typing_context: Any, rows: Any, out: Any, x: Any) -> Any:
    """Multiply a row by row x."""
    del typing_context, out, x
    return types.void(rows, _PAIR, _PAIR), _elementwise(lambda b, out, x: b.fmul(out, x), 2)


@_intrinsic
def subtract_product(typing_context: Any, rows: Any, out: Any, x: Any, y: Any) -> Any:
    """Subtract the product of rows x and y from a row."""
    del typing_context, out, x, y
    build = _elementwise(lambda b, out, x, y: b.fsub(out, b.fmul(x, y)), 3)
    return types.void(rows, _PAIR, _PAIR, _PAIR), build


@_intrinsic
def add_product(typing_context: Any, rows: Any, out: Any, x: Any, y: Any, factor: Any) -> Any:  # noqa: PLR0913, PLR0917
    """Add a factor times the product of rows x and y to a row."""
    del typing_context, out, x, y, factor
    build = _elementwise(lambda b, out, x, y, factor: b.fadd(out, b.fmul(factor, b.fmul(x, y))), 3)
    return types.void(rows, _PAIR, _PAIR, _PAIR, types.float64), build


@_intrinsic
def invert_root(typing_context: Any, rows: Any, out: Any) -> Any:
    """Replace a row by one over its square root."""
    del typing_context, out

    def value(builder: Any, out: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        root = _tools.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f64")
        return builder.fdiv(ir.Constant(_VECTOR, [1.0] * LANES), builder.call(root, [out]))

    return types.void(rows, _PAIR), _elementwise(value, 1)
