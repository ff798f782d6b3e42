"""`python -m mcsim.cli`: the command `mcsim`, wherever this Python is."""

import sys

from mcsim.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
