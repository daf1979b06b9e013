"""What every suite shares: which server is under test, and one line for each reason to skip."""

from collections import Counter

import pytest

pytest.register_assert_rewrite("tests.wire", "tests.target")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--target",
        default="ours",
        metavar="WHAT",
        help="the server under test: 'ours', 'redis' (the real redis-server), or a command line with {port} in it",
    )
    parser.addoption(
        "--seeds",
        default="0:15",
        metavar="FIRST:COUNT",
        help="which random scripts the interoperability tests run",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, tests in reasons.items():
        terminalreporter.write_line(f"{tests} tests skipped: {reason.removeprefix('Skipped: ')}")
