"""What holds for every test."""

import os
from collections.abc import Iterator

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Under HANDBILL_TEST_ALL a skipped test is a failure: everything a full run needs must be there."""
    report = yield
    if report.skipped and os.getenv("HANDBILL_TEST_ALL") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although HANDBILL_TEST_ALL is set: {report.longrepr}"
    return report
