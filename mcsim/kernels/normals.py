"""numpy's Philox4x64-10 and ziggurat standard normals, compiled so that other kernels can draw without leaving them.

The words, and so the normals, are those of ``numpy.random.Generator(numpy.random.Philox(key=key, counter=[0, 0, 0,
rep])).standard_normal(m)``, bit for bit on x86-64; where numpy's own build fuses multiplications with additions
(some builds for ARM), a draw from the tail, one in 3,700, may differ in its last bit.

Sources: Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC'11 (Philox); Marsaglia &
Tsang (2000), The ziggurat method for generating random variables, Journal of Statistical Software 5(8).
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

Words = npt.NDArray[np.uint64]


def _tables() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The layers' ki, wi and fi, each (256,), from the data file beside this module."""
    lines = Path(__file__).with_name("ziggurat.txt").read_text(encoding="ascii").splitlines()
    layers = [line.split() for line in lines if not line.startswith("#")]
    return (
        np.array([int(layer[0], 16) for layer in layers], dtype=np.int64),
        np.array([float.fromhex(layer[1]) for layer in layers]),
        np.array([float.fromhex(layer[2]) for layer in layers]),
    )


_LIMIT, _WIDTH, _DENSITY = _tables()
_TAIL = 3.6541528853610087963519472518
_TAIL_INVERSE = 0.27366123732975827203338247596

_u64 = np.uint64
_MULTIPLIER_0 = _u64(0xD2E7470EE14C6C93)
_MULTIPLIER_1 = _u64(0xCA5A826395121157)
_KEY_STEP_0 = _u64(0x9E3779B97F4A7C15)
_KEY_STEP_1 = _u64(0xBB67AE8584CAA73B)
_LAYER_BITS = _u64(0xFF)
_SIGN_BIT = _u64(0x100)
_DISTANCE_BITS = _u64(0x000FFFFFFFFFFFFF)
_EIGHT, _NINE, _ELEVEN, _FIFTY_FIVE = _u64(8), _u64(9), _u64(11), _u64(55)
_ONE = _u64(1)
_ZERO = _u64(0)

_AHEAD = 128  # words generated at a time: independent blocks overlap in the processor, and all stay in its first cache
_ROUNDS = 10

_Lowering = Callable[[Any, Any, Any, Any], Any]


def _high_product_rule(_typing: Any, a: Any, b: Any) -> tuple[Any, _Lowering]:  # noqa: ARG001  names are numba's
    """The upper 64 bits of the 128-bit product of two words: one machine instruction."""

    def lower(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        wide = type(args[0].type)(128)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, wide(64)), args[0].type)

    return types.uint64(types.uint64, types.uint64), lower


def _with_sign_rule(_typing: Any, size: Any, sign: Any) -> tuple[Any, _Lowering]:  # noqa: ARG001  names are numba's
    """A positive number with the sign bit of a word set in it: no branch for the processor to guess."""

    def lower(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], args[1].type)
        return builder.bitcast(builder.or_(bits, args[1]), args[0].type)

    return types.float64(types.float64, types.uint64), lower


_high_product: Any = intrinsic(_high_product_rule)
_with_sign: Any = intrinsic(_with_sign_rule)


class _Source(NamedTuple):
    """A Philox stream being read: the words generated ahead, and in `at` the next word and the next block."""

    key: Words
    jump: np.uint64
    rep: np.uint64
    words: Words
    at: npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def _generate(source: _Source) -> None:
    """Generate the next words; as in numpy, the first block of a stream has counter (1, 0, jump, rep)."""
    words, at = source.words, source.at
    for block in range(words.size // 4):
        c0, c1, c2, c3 = _u64(at[1] + block), _ZERO, source.jump, source.rep
        k0, k1 = source.key[0], source.key[1]
        for _ in range(_ROUNDS):
            high0, low0 = _high_product(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
            high1, low1 = _high_product(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
            c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
            k0 += _KEY_STEP_0
            k1 += _KEY_STEP_1
        first = 4 * block
        words[first], words[first + 1], words[first + 2], words[first + 3] = c0, c1, c2, c3
    at[0] = 0
    at[1] += words.size // 4


@njit(cache=True, nogil=True)
def _next_word(source: _Source) -> np.uint64:
    if source.at[0] == source.words.size:
        _generate(source)
    word: np.uint64 = source.words[source.at[0]]
    source.at[0] += 1
    return word


@njit(cache=True, nogil=True)
def _next_uniform(source: _Source) -> float:
    """A uniform on [0, 1) of 53 bits."""
    return np.float64(np.int64(_next_word(source) >> _ELEVEN)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _propose(word: np.uint64) -> tuple[float, bool]:
    """The normal that a word stands for, and whether it lies inside its layer for sure (98.8 % do)."""
    layer = word & _LAYER_BITS
    distance = np.int64((word >> _NINE) & _DISTANCE_BITS)
    return _with_sign(distance * _WIDTH[layer], (word & _SIGN_BIT) << _FIFTY_FIVE), distance < _LIMIT[layer]


@njit(cache=True, nogil=True)
def _tail(source: _Source, word: np.uint64) -> float:
    """A normal beyond the last layer; its sign is a further bit of the word that led here."""
    while True:
        beyond = -_TAIL_INVERSE * math.log1p(-_next_uniform(source))
        height = -math.log1p(-_next_uniform(source))
        if height + height > beyond * beyond:
            return -(_TAIL + beyond) if (word >> _NINE >> _EIGHT) & _ONE else _TAIL + beyond


@njit(cache=True, nogil=True)
def _resolve(source: _Source, word: np.uint64) -> float:
    """The normal that begins with a word outside the sure part of its layer."""
    while True:
        x, sure = _propose(word)
        if sure:
            return x
        layer = word & _LAYER_BITS
        if layer == 0:
            return _tail(source, word)
        height = (_DENSITY[layer - _ONE] - _DENSITY[layer]) * _next_uniform(source) + _DENSITY[layer]
        if height < math.exp(-0.5 * x * x):
            return x
        word = _next_word(source)


@njit(cache=True, nogil=True)
def fill_standard_normals(key: Words, rep: int, out: npt.NDArray[np.float64], jump: int = 0) -> None:
    """Fill `out` with the first standard normals of one replication's stream; callable from other kernels.

    Parameters
    ----------
    key : array (2,) of uint64
        The Philox key (`mcsim.streams.stream_key`).
    rep : int
        The replication: the last word of the counter, 0 to 2**64 - 1.
    out : array (m,) of float64
        Overwritten.
    jump : int, optional
        The third word of the counter: the normals are those of ``rng.bit_generator.jumped(jump)``, a part of the
        replication's stream that nothing drawn from its beginning reaches.
    """
    count = out.size
    ahead = min(_AHEAD, (count + 7) // 4 * 4)
    source = _Source(key, _u64(jump), _u64(rep), np.empty(ahead, np.uint64), np.array([ahead, 1]))
    done = 0
    while done < count:
        if source.at[0] == ahead:
            _generate(source)
        shift = source.at[0] - done
        stop = min(count, ahead - shift)
        sure = True
        while done < stop:
            x, sure = _propose(source.words[shift + done])
            if not sure:
                break
            out[done] = x
            done += 1
        source.at[0] = shift + done
        if not sure:
            out[done] = _resolve(source, _next_word(source))
            done += 1
