"""What holds for every test."""

import os
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.servers.fixtures",
    "tests.servers.pds",
    "tests.servers.site",
    "tests.servers.postgres",
    "tests.servers.mail",
]
pytest.register_assert_rewrite("tests.networks.contract")
# A slow machine is no fault, and the same cases on every machine make a failure repeatable.
settings.register_profile("handbill", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("handbill")


# Whose tests take long, for they wait: for a lease, a server, another process.
LONG = ("tests/faults/", "tests/house/test_examples.py", "tests/publishing/test_newcomer.py", "tests/web/test_walk.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every second worker begins with tests that mostly wait, while the others are busy.

    Each worker begins with an equal run of the list: https://pytest-xdist.readthedocs.io/en/stable/distribution.html
    """
    workers = int(os.getenv("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [one for one in items if one.nodeid.startswith(LONG)]
    rest = iter([one for one in items if not one.nodeid.startswith(LONG)])
    dealt: list[pytest.Item] = []
    for at in range(workers):
        dealt += long[at // 2 :: (workers + 1) // 2] if at % 2 == 0 else []
        dealt += islice(rest, len(items) * (at + 1) // workers - len(dealt))
    items[:] = dealt


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Under HANDBILL_TEST_ALL a skipped test is a failure: everything a full run needs must be there."""
    report = yield
    if report.skipped and os.getenv("HANDBILL_TEST_ALL") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although HANDBILL_TEST_ALL is set: {report.longrepr}"
    return report
