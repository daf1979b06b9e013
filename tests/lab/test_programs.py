import pytest

from lab.programs import require_program


def test_a_program_that_is_there_is_found():
    assert require_program("sh", "it comes with every Unix").endswith("/sh")


def test_a_missing_program_skips_the_test_with_one_line_that_says_how_to_get_it(monkeypatch):
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program is not installed; to get it: apt-get install x"):
        require_program("no-such-program", "apt-get install x")


def test_where_all_is_required_a_missing_program_is_a_failure(monkeypatch):
    monkeypatch.setenv("REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        require_program("no-such-program", "apt-get install x")
