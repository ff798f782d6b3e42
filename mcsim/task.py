"""A block as a worker is sent it: names only, so that a study's own classes need no pickling."""

from typing import NamedTuple, Self

from mcsim.errors import StudyError
from mcsim.plan import Block
from mcsim.store import Span
from mcsim.study import Study
from mcsim.threads import one_thread_for_good

_loaded: dict[str, Study] = {}
"""The studies that this process has loaded for tasks, by their files."""


class Task(NamedTuple):
    """A block as plain values, for a worker that loads the study itself."""

    source: str
    results: str
    study: str
    seed: int
    condition: str
    methods: tuple[tuple[str, str], ...]
    """Label and key of each."""
    first: int
    last: int
    fit_timeout: float | None = None
    """Seconds that one fit may take."""
    again: Span | None = None
    """The block file that is there, if only failed replications of it are to be computed again."""
    rehearsal: bool = False
    """Whether to throw the estimates away."""

    @classmethod
    def of(cls, study: Study, results: str, block: Block, *, fit_timeout: float | None = None) -> Self:
        """The task of a block of a study that has a file.

        Parameters
        ----------
        study : Study
            Whose block it is.
        results : str
            The folder that holds a folder of results for each study.
        block : Block
            What to compute.
        fit_timeout : float, optional
            Seconds that one fit may take.
        """
        methods = tuple((label, study.method_keys[label]) for label in block.methods)
        place = str(study.source), results, study.name, study.seed
        return cls(*place, block.condition, methods, block.first, block.last, fit_timeout, block.again)

    @property
    def block(self) -> Block:
        """The block."""
        return Block(self.condition, tuple(label for label, _ in self.methods), self.first, self.last, again=self.again)


def study_of(task: Task) -> Study:
    """The study that a task names, loaded once per process.

    Raises
    ------
    StudyError
        If its file now gives another seed or other keys than the task has.
    """
    study = _loaded.get(task.source)
    if study is None or not _gives(study, task):
        from mcsim.loading import load_study

        study = _loaded[task.source] = load_study(task.source)
        one_thread_for_good()
    if not _gives(study, task):
        raise StudyError(task.source, ["was changed while it was running; run it again"])
    return study


def _gives(study: Study, task: Task) -> bool:
    """Whether the study has the task's seed, condition and methods."""
    known = study.seed == task.seed and task.condition in study.conditions
    return known and all(study.method_keys.get(label) == key for label, key in task.methods)
