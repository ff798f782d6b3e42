"""Arithmetic on the rows of matrices whose rows are a multiple of eight long: one element a cluster, zeros at the end.

Sums add up in eight lanes side by side, always in the same order, so that they are as fast as the processor allows
and yet the same bits on every machine; a compiler may not reorder sums by itself.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mcsim.kernels.compiled import compiled

LANES = 8

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_INDEX = ir.IntType(64)


@intrinsic
def _dot(typing_context: Any, x: Any, i: Any, y: Any, j: Any, length: Any) -> Any:
    """The inner product of `length` elements of two arrays, from element i of x and j of y on."""
    del typing_context, i, j, length

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def start(which: int) -> Any:
            array = context.make_array(signature.args[which])(context, builder, args[which])
            return builder.gep(array.data, [args[which + 1]])

        def loop(first: Any, last: Any, kind: Any, total: Any) -> None:
            step = LANES if kind is _VECTOR else 1
            with cgutils.for_range_slice(builder, first, last, _INDEX(step), _INDEX) as (at, _):
                left, right = (
                    builder.load(builder.bitcast(builder.gep(p, [at]), kind.as_pointer()), align=8) for p in (xs, ys)
                )
                builder.store(builder.fadd(builder.load(total), builder.fmul(left, right)), total)

        xs, ys, n = start(0), start(2), args[4]
        whole = builder.and_(n, _INDEX(-LANES))
        lanes = cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, None))
        loop(_INDEX(0), whole, _VECTOR, lanes)
        halves = [builder.extract_element(builder.load(lanes), ir.IntType(32)(lane)) for lane in range(LANES)]
        while len(halves) > 1:
            middle = len(halves) // 2
            halves = [builder.fadd(a, b) for a, b in zip(halves[:middle], halves[middle:], strict=True)]
        total = cgutils.alloca_once_value(builder, halves[0])
        loop(whole, n, ir.DoubleType(), total)
        return builder.load(total)

    return types.float64(x, types.int64, y, types.int64, types.int64), build


@compiled
def dot(x: Any, i: int, y: Any, j: int) -> float:
    """The inner product of row i of x and row j of y."""
    length = x.shape[1]
    return float(_dot(x, i * length, y, j * length, length))


@compiled
def segment_dot(x: Any, i: int, j: int, bounds: tuple[int, int]) -> float:
    """The inner product of rows i and j of x from one bound up to, not including, the other; any length."""
    first, last = bounds
    length = x.shape[1]
    return float(_dot(x, i * length + first, x, j * length + first, last - first))


@compiled
def scale(out: Any, o: int, factor: float, x: Any, i: int) -> None:
    """Row o of out becomes factor times row i of x."""
    for k in range(out.shape[1]):
        out[o, k] = factor * x[i, k]


@compiled
def add_scaled(out: Any, o: int, factor: float, x: Any, i: int) -> None:
    """Row o of out grows by factor times row i of x."""
    for k in range(out.shape[1]):
        out[o, k] += factor * x[i, k]


@compiled
def multiply(out: Any, o: int, x: Any, i: int) -> None:
    """Row o of out is multiplied by row i of x."""
    for k in range(out.shape[1]):
        out[o, k] *= x[i, k]
