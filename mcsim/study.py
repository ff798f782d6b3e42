"""A study: aims, conditions, methods, replications and seed as one frozen value, checked whole when it is built."""

import copy
import dataclasses
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mcsim.errors import StudyError
from mcsim.facts import analyses, counted, estimands, factor_levels, listed
from mcsim.grid import Condition, Faults, Grid, grid
from mcsim.keys import condition_key, method_key
from mcsim.markup import html_paragraphs, html_section, html_table
from mcsim.model import Mechanism, Method
from mcsim.parameters import nearest, shown
from mcsim.promises import mechanism_faults, method_faults

MOST_REPLICATIONS = 999_999_999  # nine digits, the width of a replication number in a file name
MOST_SEED = 2**63 - 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,79}")
NAME_ALLOWED = "1 to 80 letters, digits, dots, underscores, blanks and hyphens, a letter or digit first"
_KEYWORDS = ("conditions", "methods", "replications", "seed", "reference", "name")
_NOT_GIVEN: Any = dataclasses.MISSING


@dataclasses.dataclass(frozen=True, init=False, eq=False)
class Study:
    """The whole plan of a simulation study.

    Parameters
    ----------
    conditions : Grid
        From `grid`; grids add.
    methods : dict of str to Method
        The methods to compare, by label.
    replications : int
        How many data sets are simulated under each condition; at least 1.
    seed : int
        From 0 to 2**63 - 1; with the keys, every random number of the study follows from it.
    reference : str, optional
        The label of the method that others are compared with; the first by default.
    name : str, optional
        The name of its results folder; by default the stem of the study's file or of the running script, and "study"
        where there is none, as in a notebook.

    Attributes
    ----------
    conditions : mapping of str to Mechanism
        Every condition by its key, in the order of the grid.
    methods, method_keys : mapping of str to Method, to str
        Every method, and its key, by label.
    aims : str
        The docstring of the study's file.
    source : Path or None
        That file; None for a study built elsewhere.

    Raises
    ------
    StudyError
        If it cannot run; the error lists every fault.
    """

    conditions: Mapping[str, Mechanism]
    methods: Mapping[str, Method]
    replications: int
    seed: int
    reference: str
    name: str
    method_keys: Mapping[str, str] = dataclasses.field(repr=False)
    aims: str = dataclasses.field(default="", repr=False)
    source: Path | None = None

    def __init__(  # noqa: PLR0913 (the six keywords are the plan)
        self,
        *,
        conditions: Grid = _NOT_GIVEN,
        methods: Mapping[str, Method] = _NOT_GIVEN,
        replications: int = _NOT_GIVEN,
        seed: int = _NOT_GIVEN,
        reference: str | None = None,
        name: str | None = None,
        **unknown: Any,
    ) -> None:
        faults = Faults()
        for word in unknown:
            faults.add(f"{word} is not a keyword of Study{nearest(word, _KEYWORDS)} (it has {', '.join(_KEYWORDS)})")
        places, good_methods = _conditions(conditions, faults), _methods(methods, faults)
        _misfits(places, good_methods, faults)
        plan = {
            "conditions": MappingProxyType({key: mechanism for key, (mechanism, _) in places.items()}),
            "methods": MappingProxyType(good_methods),
            "replications": _whole("replications", replications, (1, MOST_REPLICATIONS), faults),
            "seed": _whole("seed", seed, (0, MOST_SEED), faults),
            "reference": _reference(reference, good_methods, faults),
            "name": _default_name() if name is None else _name("name", name, faults),
            "_named": name is not None,
        }
        if faults:
            raise StudyError("Study", faults.lines())
        keys = {label: method_key(label, method) for label, method in good_methods.items()}
        for word, value in {**plan, "method_keys": MappingProxyType(keys)}.items():
            object.__setattr__(self, word, value)

    def with_replications(self, replications: int) -> "Study":
        """The same study with another number of replications."""
        faults = Faults()
        count = _whole("replications", replications, (1, MOST_REPLICATIONS), faults)
        if faults:
            raise StudyError("Study", faults.lines())
        return self._with(replications=count)

    def with_seed(self, seed: int) -> "Study":
        """The same plan under another seed, as a study without a file, whose seed would be the former one."""
        faults = Faults()
        other = _whole("seed", seed, (0, MOST_SEED), faults)
        if faults:
            raise StudyError("Study", faults.lines())
        return self._with(seed=other, source=None)

    def of_file(self, source: Path, aims: str) -> "Study":
        """The same study as the one that a file binds; its stem is the name unless the study gives one."""
        faults = Faults()
        name = self.name if vars(self)["_named"] else _name("the name of the file without .py", source.stem, faults)
        if faults:
            raise StudyError("Study", [f"{line}; rename the file or give name=" for line in faults.lines()])
        return self._with(source=source, aims=aims, name=name)

    def _repr_html_(self) -> str:
        """The plan, for a notebook: aims, factors, estimands, methods."""
        factors = [[f.name, listed(f.levels), f.meaning] for f in factor_levels(self.conditions)]
        found = [
            [e.model, e.name, listed(e.truths), ", ".join(e.methods)] for e in estimands(self.conditions, self.methods)
        ]
        methods = [
            [label + " (reference)" * (label == self.reference), options, self.method_keys[label]]
            for label, options, *_ in analyses(self.methods)
        ]
        sizes = [counted(len(self.conditions), "condition"), counted(self.replications, "replication")]
        size = f"{' x '.join([*sizes, counted(len(self.methods), 'method')])}, seed {self.seed}"
        return html_section(
            f"Study {self.name}",
            html_paragraphs(self.aims),
            html_paragraphs(size),
            html_table(["factor", "levels", "meaning"], factors),
            html_table(["model", "estimand", "truth", "methods"], found),
            html_table(["method", "options", "key"], methods),
        )

    def _with(self, **changes: Any) -> "Study":
        other = copy.copy(self)
        for word, value in changes.items():
            object.__setattr__(other, word, value)
        return other


def is_name(given: Any) -> bool:
    """Whether it can be a study's name or a method's label."""
    return isinstance(given, str) and _NAME.fullmatch(given) is not None


def _conditions(given: Any, faults: Faults) -> dict[str, Condition]:
    """The conditions by key, each with its place in the grid."""
    found: dict[str, Condition] = {}
    if given is _NOT_GIVEN:
        faults.add("conditions not given; required: grid(...)")
    elif not isinstance(given, Grid):
        faults.add(f"conditions: given {shown(given)}; allowed: grid(...), or several added up with +")
    else:
        for mechanism, place in given.conditions(faults):
            key = condition_key(mechanism)
            if key in found:
                faults.add("conditions: the grids give the same condition more than once", str(mechanism))
            if promised := mechanism_faults(mechanism):
                for fault in promised:
                    faults.add(fault, place)
            else:
                found[key] = mechanism, place
    return found


def _methods(given: Any, faults: Faults) -> dict[str, Method]:
    """The methods by label, those that are methods."""
    if given is _NOT_GIVEN:
        faults.add('methods not given; required: a dict such as {"REML": LinearMixedModel()}')
        return {}
    if not isinstance(given, Mapping):
        faults.add(f'methods: given {shown(given)}; allowed: a dict such as {{"REML": LinearMixedModel()}}')
        return {}
    if not given:
        faults.add("methods: given none; allowed: at least one")
    found = {}
    for label, method in given.items():
        _name("a method's label", label, faults)
        if isinstance(method, Method):
            found[label] = method
        elif isinstance(method, type) and issubclass(method, Method):
            faults.add(f"methods: {shown(label)} is the class {method.__name__}; write {method.__name__}()")
        else:
            faults.add(f"methods: {shown(label)} is {shown(method)}; allowed: a Method such as LinearMixedModel()")
    return found


def _misfits(conditions: Mapping[str, Condition], methods: Mapping[str, Method], faults: Faults) -> None:
    """Note every method that says it cannot analyse a condition, or does not say what it would report."""
    for label, method in methods.items():
        for mechanism, place in conditions.values():
            for fault in method_faults(method, mechanism):
                faults.add(f"method {label!r}: {fault}", place)


def _whole(name: str, given: Any, bounds: tuple[int, int], faults: Faults) -> int:
    least, most = bounds
    if given is _NOT_GIVEN:
        faults.add(f"{name} not given; required: a whole number from {least} to {most}")
        return least
    is_number = isinstance(given, (int, float, np.integer, np.floating)) and not isinstance(given, bool)
    if is_number and least <= given <= most and given == int(given):
        return int(given)
    faults.add(f"{name}: given {shown(given)}; allowed: a whole number from {least} to {most}")
    return least


def _name(what: str, given: Any, faults: Faults) -> str:
    if not is_name(given):
        faults.add(f"{what}: given {shown(given)}; allowed: {NAME_ALLOWED}")
    return str(given)


def _default_name() -> str:
    """The stem of the running script, which is also what `mcsim run` calls it; "study" in a notebook or a command."""
    script = Path(getattr(sys.modules.get("__main__"), "__file__", None) or "")
    return script.stem if script.suffix == ".py" and is_name(script.stem) else "study"


def _reference(given: Any, methods: Mapping[str, Method], faults: Faults) -> str:
    if given is None:
        return next(iter(methods), "")
    if not isinstance(given, str) or given not in methods:
        known = ", ".join(repr(label) for label in methods)
        close = nearest(str(given), methods)
        faults.add(f"reference: given {shown(given)}; allowed: the label of a method ({known}){close}")
    return str(given)


__all__ = ["Grid", "Study", "grid"]
