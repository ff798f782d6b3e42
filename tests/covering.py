"""Few combinations that hold every pair of levels."""

from itertools import combinations, product


def pairwise(levels):
    """Combinations of levels in which every pair of levels of two factors occurs.

    Parameters
    ----------
    levels : dict of str to list
        The levels of each factor.

    Returns
    -------
    list of dict
        Each combination takes the first pair that is still open and, factor by factor, the level that closes most.
    """
    pairs = combinations(levels, 2)
    still_open = {
        ((a, i), (b, j)) for a, b in pairs for i, j in product(range(len(levels[a])), range(len(levels[b])))
    }
    order, found = list(levels), []
    while still_open:
        chosen = dict(min(still_open, key=lambda pair: [(order.index(a), i) for a, i in pair]))
        for factor in (factor for factor in levels if factor not in chosen):

            def closed(level, factor=factor, chosen=chosen):
                both = ({(factor, level), place} for place in chosen.items())
                return sum(frozenset(pair) in map(frozenset, still_open) for pair in both)

            chosen[factor] = max(range(len(levels[factor])), key=closed)
        still_open -= {pair for pair in still_open if all(chosen[factor] == i for factor, i in pair)}
        found.append({factor: levels[factor][chosen[factor]] for factor in levels})
    return found
