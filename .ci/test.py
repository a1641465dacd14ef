"""Set Handbill up with its tools, and run every test; arguments go to pytest."""

import sys

from setup import ready, run

ready("[dev]")
run("python", "-m", "pytest", "-n", "auto", *sys.argv[1:])
