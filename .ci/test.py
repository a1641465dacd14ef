"""Set Handbill up with its tools, and run every test; arguments go to pytest."""

import os
import shutil
import sys

from setup import ready, run, say

ready("[dev]")
if os.environ.get("HANDBILL_TEST_ALL") or (shutil.which("node") and shutil.which("npm")):
    say("Fetching the Bluesky server for tests, once ...")
    run("python", "-m", "tests.servers.pds", "--install")
    run("python", "-m", "tests.pages.browser")
# Twice as many as there are processors: much of the time a test waits for a server, a browser or a lease.
run("python", "-m", "pytest", "-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal", *sys.argv[1:])
