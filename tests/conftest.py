"""What every suite shares: which server is under test."""

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
