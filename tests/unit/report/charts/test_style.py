"""Charts can be read by the colour-blind, and in grey."""

import itertools

import numpy as np
import pytest

from mcsim.report.charts import missingness, style

# Machado, Oliveira & Fernandes (2009), IEEE Transactions on Visualization and Computer Graphics 15, 1291-1298,
# severity 1.0: matrices for linear RGB.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
LEAST_SEEN, LEAST_GREY = 10, 10  # CIE 1976 colour difference and lightness; 2.3 is just noticeable side by side


def linear(colour):
    """An sRGB colour as linear RGB."""
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Linear RGB in CIELAB, white D65."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, matrix):
    return float(np.linalg.norm(lab(np.array(matrix) @ linear(one)) - lab(np.array(matrix) @ linear(other))))


def lightness(colour):
    return lab(linear(colour))[0]


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_methods_differ_in_colour_to_all_eyes(eyes) -> None:
    near = {
        pair: distance(*pair, SEEN_BY[eyes])
        for pair in itertools.combinations(style.COLOURS, 2)
        if distance(*pair, SEEN_BY[eyes]) < LEAST_SEEN
    }
    assert near == {}


def test_colours_hold_on_white() -> None:
    assert max(map(lightness, style.COLOURS)) < 75


def test_methods_differ_in_shape_and_dash_too_however_many_there_are() -> None:
    labels = [f"method {number}" for number in range(40)]
    marks = style.marks(labels, {label: place for place, label in enumerate(labels)})
    assert len(set(zip(marks["colour"], marks["shape"], strict=True))) == 40
    assert len({(colour, tuple(dash)) for colour, dash in zip(marks["colour"], marks["dash"], strict=True)}) == 40
    assert len(set(marks["shape"][:8])) == len({tuple(dash) for dash in marks["dash"][:8]}) == 8


def test_a_method_looks_the_same_beside_whichever_others() -> None:
    places = {"A": 0, "B": 1, "C": 2}
    alone, all_ = style.marks(["C"], places), style.marks(list(places), places)
    assert {name: values[0] for name, values in alone.items()} == {name: values[2] for name, values in all_.items()}


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_misses_differ_from_hits_to_all_eyes_and_in_grey(eyes) -> None:
    assert distance(style.HIT, style.MISS, SEEN_BY[eyes]) > 3 * LEAST_SEEN
    assert abs(lightness(style.HIT) - lightness(style.MISS)) > LEAST_GREY


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_statuses_differ_to_all_eyes_and_in_grey(eyes) -> None:
    colours = list(missingness.STATUSES.values())
    assert min(distance(*pair, SEEN_BY[eyes]) for pair in itertools.combinations(colours, 2)) > LEAST_SEEN
    assert min(abs(lightness(a) - lightness(b)) for a, b in itertools.combinations(colours, 2)) > LEAST_GREY
