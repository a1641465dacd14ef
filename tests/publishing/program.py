"""The program as people run it, but at an instant of the test's choosing.

python -m tests.publishing.program INSTANT handbill's own words …
"""

import sys
from datetime import datetime
from functools import partial

from bot.cli import main, show

if __name__ == "__main__":
    instant = datetime.fromisoformat(sys.argv[1])
    show.open_app = partial(show.open_app, clock=lambda: instant)
    sys.argv = ["handbill", *sys.argv[2:]]
    main()
