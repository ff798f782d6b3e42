"""The page of the parts that mechanisms take, written from what the files of `mcsim.mechanisms.parts` define."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import mcsim.mechanisms.parts as kinds
from mcsim.parameters import Parameters

_HEAD = """# Parts of mechanisms

Small frozen values that stand as levels of a factor, a file for each kind. `mcsim describe` says what each means.
"""

_SECTION = """
## {title}

{about}

```{{eval-rst}}
.. currentmodule:: mcsim.mechanisms

.. autosummary::
   :toctree: generated
   :nosignatures:

   {names}
```
"""


def write_page(path: Path) -> None:
    """Write the page; Sphinx must not have looked for its sources yet."""
    page = _HEAD
    for found in iter_modules(kinds.__path__):
        module = import_module(f"{kinds.__name__}.{found.name}")
        names = [
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, Parameters) and value.__module__ == module.__name__
        ]
        title, about = found.name.replace("_", " ").capitalize(), (module.__doc__ or "").partition("\n\n")[0]
        page += _SECTION.format(title=title, about=about, names="\n   ".join(names))
    if not path.exists() or path.read_text() != page:
        path.write_text(page)
