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
        Each starts from the first pair that is still open and takes, factor by factor, the level that closes most.
    """
    places = {factor: range(len(values)) for factor, values in levels.items()}
    still_open = {
        frozenset({(a, i), (b, j)}): None for a, b in combinations(levels, 2) for i, j in product(places[a], places[b])
    }
    found = []
    while still_open:
        chosen = dict(next(iter(still_open)))
        for factor in (factor for factor in levels if factor not in chosen):
            closed = [
                sum(frozenset({(factor, i), place}) in still_open for place in chosen.items()) for i in places[factor]
            ]
            chosen[factor] = closed.index(max(closed))
        still_open = {pair: None for pair in still_open if not pair <= chosen.items()}
        found.append({factor: levels[factor][chosen[factor]] for factor in levels})
    return found
