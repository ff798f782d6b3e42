"""Clusters within clusters: the same elimination, level by level from the inside out.

S is the matrix of cross-products in a cluster once what lies inside it is eliminated: of [Z | C], where Z belongs to
the cluster and C = [outer Z | X | y]. With K = inv(inv(D) + S_ZZ), eliminating it passes
S_CC - S_CZ K S_ZC to the cluster around it and adds log |I + D S_ZZ| to log |V|. Derivatives travel the same way: S
arrives with its first and second derivatives in the elements of D of the levels within, and leaves with those of its
own level too. With B = -K S_ZC, E = (I - S_ZZ K) S_ZC, T = (I - S_ZZ K) S_ZZ, F_s = [S_s]_Z [B; I] for an inner
element s, E_s = (I - S_ZZ K) F_s, and U for an element u of this level, they are

    s:    [B; I]' S_s [B; I]                             tr K S_s
    u:    -E' U E                                        tr T U
    s, t: [B; I]' S_st [B; I] - F_s' K F_t - F_t' K F_s    tr K S_st - tr K S_s K S_t
    u, s: -E_s' U E - E' U E_s                           tr U E_s', of Z
    u, v: E' U T V E + E' V T U E                        -tr T U T V

(by the product rule, from d K = -K dS K and, for D, d K = (I - K S) dD (I - S K)).
"""

import math
from typing import Any

from mcsim.kernels.compiled import compact, step
from mcsim.kernels.small_matrix import cholesky
from mcsim.kernels.workspace import CLUSTERS, CROSSED, RANK

# Places in `room`: inv(L) Lambda' S, inv(L) Lambda', B and [T | E]; after them F_s of every element, and E_s or T U E.
_HALF, _ROOT, _B, _E, _FIRST = range(5)


@step
def second_place(k: int, u: int, v: int) -> int:
    """The place of a second derivative."""
    return int(1 + k + max(u, v) * (max(u, v) + 1) // 2 + min(u, v))


@step
def sweep(layout: Any, work: Any, how: tuple[int, bool]) -> None:
    """Eliminate every cluster, each after those within it."""
    compact()
    levels, last = layout.ends.shape[0], work.jets.shape[1] if how[1] else 1
    c = layout.terms.shape[0]
    for i in range(last):
        work.traces[i] = 0.0
    for level in range(levels + 1):
        work.passed[level] = 0
        _clear(work, level, last)
    for j in range(work.counts[CLUSTERS]):
        for a in range(c):
            for b in range(c):
                work.jets[0, 0, a, b] = work.products[j, a, b]
        end, level = work.bounds[0, j + 1], 0
        while level < levels and work.bounds[level, work.passed[level] + 1] == end:
            _eliminate(layout, work, (how[0], level))
            if how[1]:
                _first_order(layout, work, level)
                _second_order(layout, work, level)
            if level > 0:
                _clear(work, level, last)
            work.passed[level] += 1
            level += 1


@step
def _clear(work: Any, level: int, last: int) -> None:
    compact()
    for i in range(last):
        for a in range(work.jets.shape[2]):
            for b in range(work.jets.shape[3]):
                work.jets[level, i, a, b] = 0.0


@step
def _eliminate(layout: Any, work: Any, how: tuple[int, int]) -> None:
    """Set the places of `room` that hold no derivative, and pass S on."""
    compact()
    which, level = how
    room, small, rank, c = work.room, work.small, work.counts[RANK], layout.terms.shape[0]
    z0, z1 = layout.ends[level - 1] if level > 0 else 0, layout.ends[level]
    S, out = work.jets[level, 0], work.jets[level + 1, 0]
    for r in range(rank):
        for b in range(z0, c):
            total = 0.0
            for a in range(z0, z1):
                total += small[which, a, r] * S[a, b]
            room[_HALF, r, b] = total
        for a in range(z0, z1):
            room[_ROOT, r, a] = small[which, a, r]
        for s in range(r + 1):
            total = 1.0 if r == s else 0.0
            for a in range(z0, z1):
                total += room[_HALF, r, a] * small[which, a, s]
            small[CROSSED, r, s] = total
    cholesky(small, CROSSED, rank, 0.0)
    for r in range(rank):
        work.traces[0] += 2.0 * math.log(small[CROSSED, r, r])
        for s in range(r):
            for b in range(z0, c):
                room[_HALF, r, b] -= small[CROSSED, r, s] * room[_HALF, s, b]
            for a in range(z0, z1):
                room[_ROOT, r, a] -= small[CROSSED, r, s] * room[_ROOT, s, a]
        for b in range(z0, c):
            room[_HALF, r, b] /= small[CROSSED, r, r]
        for a in range(z0, z1):
            room[_ROOT, r, a] /= small[CROSSED, r, r]
    for a in range(z1, c):
        for b in range(z1, c):
            total = S[a, b]
            for r in range(rank):
                total -= room[_HALF, r, a] * room[_HALF, r, b]
            out[a, b] += total


@step
def _first_order(layout: Any, work: Any, level: int) -> None:
    """Set B, E, F_s, E_s and, of this level, T U E; pass on the first derivatives."""
    compact()
    room, rank, c, k = work.room, work.counts[RANK], layout.terms.shape[0], layout.directions.shape[0]
    z0, z1 = layout.ends[level - 1] if level > 0 else 0, layout.ends[level]
    S = work.jets[level]
    for a in range(z0, z1):
        for b in range(z0, c):
            along, kept = 0.0, S[0, a, b]
            for r in range(rank):
                along -= room[_ROOT, r, a] * room[_HALF, r, b]
                kept -= room[_HALF, r, a] * room[_HALF, r, b]
            room[_B, a, b], room[_E, a, b] = along, kept
    for u in range(k):
        if layout.directions[u, 0] < z0:
            _pass_inner(layout, work, (level, u))
        elif layout.directions[u, 0] < z1:
            _pass_own(layout, work, (level, u))


@step
def _pass_inner(layout: Any, work: Any, place: tuple[int, int]) -> None:
    compact()
    level, s = place
    room, rank, c, k = work.room, work.counts[RANK], layout.terms.shape[0], layout.directions.shape[0]
    z0, z1 = layout.ends[level - 1] if level > 0 else 0, layout.ends[level]
    S, out = work.jets[level, 1 + s], work.jets[level + 1, 1 + s]
    F, kept = room[_FIRST + s], room[_FIRST + k + s]
    for a in range(z0, z1):
        for b in range(z0, c):
            F[a, b] = S[a, b]
            for d in range(z0, z1):
                F[a, b] += S[a, d] * room[_B, d, b]
    for b in range(z0, c):
        for a in range(z0, z1):
            kept[a, b] = F[a, b]
        for r in range(rank):
            along = 0.0
            for d in range(z0, z1):
                along += room[_ROOT, r, d] * F[d, b]
            for a in range(z0, z1):
                kept[a, b] -= room[_HALF, r, a] * along
    for a in range(z0, z1):
        for b in range(z0, z1):
            for r in range(rank):
                work.traces[1 + s] += room[_ROOT, r, a] * room[_ROOT, r, b] * S[a, b]
    for a in range(z1, c):
        for b in range(z1, c):
            total = S[a, b]
            for d in range(z0, z1):
                total += room[_B, d, a] * F[d, b] + S[d, a] * room[_B, d, b]
            out[a, b] += total


@step
def _pass_own(layout: Any, work: Any, place: tuple[int, int]) -> None:
    compact()
    level, u = place
    room, c, k = work.room, layout.terms.shape[0], layout.directions.shape[0]
    z0, z1 = layout.ends[level - 1] if level > 0 else 0, layout.ends[level]
    d, e = layout.directions[u, 0], layout.directions[u, 1]
    E, out, product = room[_E], work.jets[level + 1, 1 + u], room[_FIRST + k + u]
    for a in range(z0, z1):
        for b in range(z0, c):
            product[a, b] = E[a, d] * E[e, b]
            if d != e:
                product[a, b] += E[a, e] * E[d, b]
    work.traces[1 + u] += E[d, e] if d == e else 2.0 * E[d, e]
    for a in range(z1, c):
        for b in range(z1, c):
            out[a, b] -= E[d, a] * E[e, b]
            if d != e:
                out[a, b] -= E[e, a] * E[d, b]


@step
def _second_order(layout: Any, work: Any, level: int) -> None:
    compact()
    k, z0 = layout.directions.shape[0], layout.ends[level - 1] if level > 0 else 0
    for u in range(k):
        if layout.directions[u, 0] < layout.ends[level]:
            for v in range(u + 1):
                if layout.directions[u, 0] < z0:
                    _pass_inner_twice(layout, work, level, (u, v))
                else:
                    _pass_own_twice(layout, work, level, (u, v))


@step
def _pass_inner_twice(layout: Any, work: Any, level: int, pair: tuple[int, int]) -> None:
    """Of two elements of the levels within."""
    compact()
    room, rank, c, k = work.room, work.counts[RANK], layout.terms.shape[0], layout.directions.shape[0]
    z0, z1 = layout.ends[level - 1] if level > 0 else 0, layout.ends[level]
    at = second_place(k, pair[0], pair[1])
    S, out = work.jets[level, at], work.jets[level + 1, at]
    one, two = room[_FIRST + pair[0]], room[_FIRST + pair[1]]
    S_one, S_two = work.jets[level, 1 + pair[0]], work.jets[level, 1 + pair[1]]
    for a in range(z0, z1):
        for b in range(z0, z1):
            for r in range(rank):
                work.traces[at] += room[_ROOT, r, a] * room[_ROOT, r, b] * S[a, b]
    for r in range(rank):  # K S_s K S_t, between half factors of K
        for s in range(rank):
            first = second = 0.0
            for a in range(z0, z1):
                for b in range(z0, z1):
                    first += room[_ROOT, r, a] * S_one[a, b] * room[_ROOT, s, b]
                    second += room[_ROOT, r, a] * S_two[a, b] * room[_ROOT, s, b]
            work.traces[at] -= first * second
    for a in range(z1, c):
        for b in range(z1, a + 1):
            total = S[a, b]
            for d in range(z0, z1):
                total += room[_B, d, a] * S[d, b] + S[d, a] * room[_B, d, b]
                for e in range(z0, z1):
                    total += room[_B, d, a] * S[d, e] * room[_B, e, b]
            for r in range(rank):
                of_a = of_b = other_a = other_b = 0.0
                for d in range(z0, z1):
                    of_a += room[_ROOT, r, d] * one[d, a]
                    of_b += room[_ROOT, r, d] * two[d, b]
                    other_a += room[_ROOT, r, d] * two[d, a]
                    other_b += room[_ROOT, r, d] * one[d, b]
                total -= of_a * of_b + other_a * other_b
            out[a, b] += total
            if a != b:
                out[b, a] += total


@step
def _pass_own_twice(layout: Any, work: Any, level: int, pair: tuple[int, int]) -> None:
    """Of an element u of this level and one of this or an inner level."""
    compact()
    room, c, k = work.room, layout.terms.shape[0], layout.directions.shape[0]
    z0, z1 = layout.ends[level - 1] if level > 0 else 0, layout.ends[level]
    d, e = layout.directions[pair[0], 0], layout.directions[pair[0], 1]
    at = second_place(k, pair[0], pair[1])
    inner = layout.directions[pair[1], 0] < z0
    sign = -1.0 if inner else 1.0
    E, other, out = room[_E], room[_FIRST + k + pair[1]], work.jets[level + 1, at]
    work.traces[at] -= sign * (other[d, e] if d == e else other[d, e] + other[e, d])
    for a in range(z1, c):
        for b in range(z1, c):
            total = E[d, a] * other[e, b] + other[e, a] * E[d, b]
            if d != e:
                total += E[e, a] * other[d, b] + other[d, a] * E[e, b]
            out[a, b] += sign * total
