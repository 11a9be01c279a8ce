"""In CI a test that is left out is a failure, save where the real data are absent."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from _pytest.nodeid import coerce_node_id
from hypothesis import settings

# Tests are never timed: machines are shared and noisy, and bench/ holds what speed is claimed.
settings.register_profile("zegel", deadline=None)
settings.load_profile("zegel")

ALLOWED = "real data absent"


@pytest.fixture(autouse=True, scope="session")
def _own_sessions(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no test see, or end, the working session of whoever runs it."""
    os.environ["ZEGEL_SESSION"] = str(tmp_path_factory.mktemp("session") / "tokens")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Let what is made once for several tests be made by one worker, which runs them all.

    pytest-xdist 3.8 notes groups where pytest 9.2 no longer looks.
    """
    for item in items:
        maker = _maker(item)
        if maker and not any(item.iter_markers("xdist_group")):
            item.add_marker(pytest.mark.xdist_group(maker))
    yield
    for item in items:
        grouped = vars(item).get("_nodeid", "")
        if "@" in grouped:
            item._id = coerce_node_id(grouped)


def _maker(item: pytest.Item) -> str:
    """Name the file or folder whose fixtures the test shares with others, the widest of them."""
    found = getattr(item, "_fixtureinfo", None)
    fixtures = [known[-1] for known in found.name2fixturedefs.values()] if found else []
    shared = [fixture.baseid for fixture in fixtures if fixture.scope != "function"]
    return min((place for place in shared if place.startswith("tests/")), default="")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(  # type: ignore[no-untyped-def]
    item: pytest.Item, call: pytest.CallInfo[None]
):
    """Turn a skip into a failure where `CI` is set, naming the reason it gave."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "")
        if ALLOWED not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped in CI: {reason}"
    return report
