"""Declaring commands, and finding them again: one table a server, in any spelling, subcommands in their containers."""

from types import ModuleType

import pytest

from stage1_single_node.command import ANY, CONTAINER, FLAGS, TIMED, bind, command, find, spellings, table


def module(*handlers, name="commands_of_a_test"):
    """A module that defines these functions."""
    made = ModuleType(name)
    for handler in handlers:
        handler.__module__ = name
        setattr(made, handler.__name__, handler)
    return made


@command("GET", arity=2, flags="readonly fast", keys=(1, 1, 1))
def get(client, key):
    return key


@command("MSET", arity=-3, flags="write denyoom", keys=(1, -1, 2))
def mset(client, *pairs):
    return "OK"


@command("CONFIG|GET", arity=-3, flags="admin")
@command("CONFIG|SET", arity=-4, flags="admin")
def config(client, *arguments):
    return list(arguments)


@pytest.fixture
def commands():
    return bind(table(module(get, mset, config)))


def test_a_table_has_what_the_modules_define_and_not_what_they_import():
    one = module(get, name="one")
    two = module(mset, name="two")
    two.get = get
    assert set(table(two)) == {b"MSET"}
    assert set(table(one, two)) == {b"GET", b"MSET"}


def test_a_stage_replaces_a_command_of_the_stage_below():
    @command("GET", arity=2)
    def get_elsewhere(client, key):
        return b"elsewhere"

    stage = {**table(module(get, mset)), **table(module(get_elsewhere))}
    assert bind(stage)[b"GET"].handler is get_elsewhere
    assert set(stage) == {b"GET", b"MSET"}


@pytest.mark.parametrize("word", [b"get", b"GET", b"gEt"])
def test_a_command_is_found_in_any_spelling(commands, word):
    assert find(commands, [word, b"k"]).name == "get"


def test_the_fast_way_knows_the_two_common_spellings(commands):
    fast = spellings(commands)
    assert fast[b"get"] is fast[b"GET"] is commands[b"GET"]
    assert b"Get" not in fast


def test_an_unknown_command_is_none(commands):
    assert find(commands, [b"nosuch"]) is None
    assert find(commands, [b""]) is None


def test_a_second_word_names_the_subcommand(commands):
    assert find(commands, [b"config", b"Get", b"x"]).name == "config|get"
    assert find(commands, [b"CONFIG", b"nosuch"]) is None
    assert find(commands, [b"CONFIG"]).name == "config"


def test_a_container_is_never_called_on_the_fast_way(commands):
    assert commands[b"CONFIG"].flags & CONTAINER
    assert not commands[b"GET"].flags & CONTAINER


def test_the_arguments_of_a_subcommand_begin_after_its_two_words(commands):
    found = find(commands, [b"CONFIG", b"SET", b"a", b"1"])
    assert (found.words, found.fewest) == (2, 4)


@pytest.mark.parametrize(("name", "fewest", "accepts_a_hundred"), [(b"GET", 2, False), (b"MSET", 3, True)])
def test_arity_counts_the_name_and_a_minus_sign_means_at_least(commands, name, fewest, accepts_a_hundred):
    assert commands[name].fewest == fewest
    assert (commands[name].most >= 100) is accepts_a_hundred


def test_flags_are_bits_and_everything_that_may_take_long_is_timed(commands):
    assert commands[b"MSET"].flags & FLAGS["write"]
    assert commands[b"MSET"].flags & TIMED
    assert not commands[b"GET"].flags & (FLAGS["write"] | TIMED)
    assert all(found.flags & ANY for found in commands.values() if not found.flags & CONTAINER)


def test_each_server_counts_for_itself():
    declarations = table(module(get))
    one, other = bind(declarations), bind(declarations)
    one[b"GET"].calls += 1
    assert (one[b"GET"].calls, other[b"GET"].calls) == (1, 0)
    one[b"GET"].reset()
    assert one[b"GET"].calls == 0
