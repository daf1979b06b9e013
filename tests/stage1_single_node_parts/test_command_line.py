import pytest

from stage1_single_node import command_line
from stage1_single_node.config import Config, ConfigError


def configured(*arguments: str, file: str = "", stdin: str = "") -> Config:
    config = Config("/data")
    config.load(command_line.parse(list(arguments)).text(file, stdin))
    return config


def test_options_are_lines_of_configuration() -> None:
    config = configured("--port", "7777", "--bind", "127.0.0.1", "::1", "--requirepass", 'a "b"')
    assert config.port == 7777
    assert config.bind == ("127.0.0.1", "::1")
    assert config.requirepass == 'a "b"'


def test_options_win_over_standard_input_and_that_over_the_file() -> None:
    line = command_line.parse(["redis.conf", "--hz", "30", "-"])
    assert (line.file, line.stdin) == ("redis.conf", True)
    config = configured("redis.conf", "--hz", "30", "-", file="hz 10\ntimeout 1\nport 1\n", stdin="timeout 2\nhz 20")
    assert (config.hz, config.timeout, config.port) == (30, 2, 1)


def test_a_minus_first_or_last_is_standard_input() -> None:
    assert command_line.parse(["-", "--hz", "20"]).stdin
    assert command_line.parse(["--hz", "20", "-"]).stdin
    assert not command_line.parse(["--hz", "20"]).stdin


def test_save_may_be_switched_off_in_every_way() -> None:
    for arguments in (["--save", ""], ["--save"], ["--save", "--hz", "20"], ['--save ""']):
        assert configured(*arguments).save == ()


def test_save_points_add_to_those_of_the_file() -> None:
    assert configured("f", "--save", "5", "6", file="save 1 2\n").save == ((1, 2), (5, 6))


def test_a_value_may_look_like_an_option() -> None:
    assert configured("--requirepass", "--secret").requirepass == "--secret"


def test_an_option_and_its_value_may_be_one_word() -> None:
    assert configured("--hz 20", "--timeout 5").timeout == 5


def test_version_and_help_are_answered() -> None:
    assert "v=7.0.15 " in str(command_line.answer(["--version"]))
    assert "Usage" in str(command_line.answer(["-h"]))
    assert command_line.answer(["--port", "1"]) is None
    assert command_line.answer([]) is None


def test_what_this_server_does_not_do_is_refused_clearly() -> None:
    with pytest.raises(ConfigError, match="redis-server has it"):
        command_line.answer(["--test-memory", "5"])
    with pytest.raises(ConfigError, match="stage 4"):
        command_line.parse(["sentinel.conf", "--sentinel"])
    assert command_line.parse(["sentinel.conf", "--sentinel"], sentinel=True).options == "sentinel "
