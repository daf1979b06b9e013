"""The configuration by itself; that it says what the real server says is test_config_oracle.py's business."""

import pytest

from stage1_single_node.config import Config, ConfigError, DeniedWhileLoading
from stage1_single_node.directive_kinds import quoted
from stage1_single_node.directive_lists import OutputLimit
from stage1_single_node.directives import BY_NAME, DIRECTIVES


def loaded(text: str, **files: str) -> Config:
    config = Config("/data")
    config.load(text, lambda path: files[path.removeprefix("/data/")])
    return config


# Values


def test_every_directive_is_an_attribute_at_its_default() -> None:
    config = Config("/data")
    for directive in DIRECTIVES:
        if directive.name != "dir":
            assert getattr(config, directive.attribute) == directive.default
    assert config.dir == "/data"


def test_values_are_what_one_computes_with() -> None:
    config = loaded("maxmemory 1gb\nappendonly yes\nsave 60 1\nbind 127.0.0.1 -::1\nunixsocketperm 700\nloglevel DEBUG")
    assert config.maxmemory == 2**30
    assert config.appendonly is True
    assert config.save == ((60, 1),)
    assert config.bind == ("127.0.0.1", "-::1")
    assert config.unixsocketperm == 0o700
    assert config.loglevel == "debug"


def test_two_configurations_share_nothing() -> None:
    one, other = Config(), Config()
    one.set({"maxmemory": "5", "client-output-buffer-limit": "normal 1 2 3"})
    assert other.maxmemory == 0
    assert other.client_output_buffer_limit["normal"] == OutputLimit(0, 0, 0)


def test_a_percentage_of_memory_is_a_negative_number() -> None:
    config = Config()
    config.set({"maxmemory-clients": "5%"})
    assert config.maxmemory_clients == -5
    assert config.get(["maxmemory-clients"]) == {"maxmemory-clients": "5%"}


def test_asking_for_an_attribute_that_is_no_directive_says_so() -> None:
    with pytest.raises(AttributeError, match="no directive is called 'max-memory'"):
        _ = Config().max_memory


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda directive: directive.name)
def test_a_default_survives_its_own_text(directive) -> None:
    kind = directive.kind
    words = kind.words(kind.format(directive.default))
    if directive.default is not None:
        assert kind.parse(words, directive.default) == (directive.default if directive.name != "dir" else ".")


# CONFIG GET


def test_get_takes_globs_and_old_names_and_any_case() -> None:
    config = Config()
    assert config.get(["MAXMEMORY-s*"]) == {"maxmemory-samples": "5"}
    assert config.get(["slave-priority", "replica-prio*"]) == {"slave-priority": "100", "replica-priority": "100"}
    assert config.get(["MaxMemory", "maxmemory"]) == {"MaxMemory": "0"}
    assert config.get(["no-such-thing", "no*such"]) == {}


def test_hidden_directives_are_only_answered_by_their_exact_name() -> None:
    assert Config().get(["watchdog-per*"]) == {}
    assert Config().get(["watchdog-period"]) == {"watchdog-period": "0"}


@pytest.mark.parametrize(
    ("name", "given", "answered"),
    [
        ("notify-keyspace-events", "EKg$lshzxetd", "AKE"),
        ("notify-keyspace-events", "xKn", "xnK"),
        ("save", "3600 1 300 100", "3600 1 300 100"),
        ("maxmemory", "1k", "1000"),
        ("maxmemory", "1KB", "1024"),
        ("bind", "", ""),
        ("oom-score-adj", "relative", "yes"),
        ("shutdown-on-sigterm", "now save", "save now"),
        ("latency-tracking-info-percentiles", "50.0 99.90", "50 99.9"),
        ("client-output-buffer-limit", "replica 1mb 5 6", "normal 0 0 0 slave 1048576 5 6 pubsub 33554432 8388608 60"),
    ],
)
def test_get_answers_in_canonical_texts(name: str, given: str, answered: str) -> None:
    config = Config()
    config.set({name: given})
    assert config.get([name]) == {name: answered}


# CONFIG SET


def test_a_refused_set_changes_nothing() -> None:
    config = Config()
    with pytest.raises(ConfigError) as refused:
        config.set({"maxmemory": "100", "appendfsync": "always", "timeout": "soon"})
    assert str(refused.value) == (
        "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer"
    )
    assert (config.maxmemory, config.appendfsync, config.timeout) == (0, "everysec", 0)


def test_hooks_see_the_new_values_and_are_called_once() -> None:
    config, seen = Config(), []
    config.on_change(lambda: seen.append((config.hz, config.timeout)), "hz", "timeout")
    config.set({"hz": "50", "timeout": "7", "maxmemory": "5"})
    assert seen == [(50, 7)]


def test_hooks_are_called_for_old_names_too_and_only_for_changes() -> None:
    config, seen = Config(), []
    config.on_change(lambda: seen.append(config.replica_priority), "replica-priority")
    config.set({"slave-priority": "5"})
    config.set({"replica-priority": "5"})
    assert seen == [5]


def test_a_hook_that_refuses_takes_everything_back() -> None:
    config, heard = Config(), []

    def listen() -> None:
        if config.port == 1:
            raise ConfigError("Unable to listen on this port. Check server logs.")

    config.on_change(lambda: heard.append(config.maxmemory), "maxmemory")
    config.on_change(listen, "port")

    with pytest.raises(ConfigError) as refused:
        config.set({"maxmemory": "5", "port": "1"})

    assert str(refused.value) == (
        "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."
    )
    assert (config.maxmemory, config.port) == (0, 6379)
    assert heard == [5, 0]


def test_a_check_is_asked_before_a_value_is_taken() -> None:
    config = Config("/data")

    def exists(path: str) -> None:
        if path != "/data/sub":
            raise ConfigError("No such file or directory")

    config.checks["dir"] = exists
    config.load("dir sub")
    with pytest.raises(ConfigError, match="line 1\n>>> 'dir sub'\nNo such file or directory"):
        config.load("dir sub")
    assert config.dir == "/data/sub"


def test_protected_directives_need_permission() -> None:
    for permission, local, allowed in [("no", True, False), ("local", True, True), ("local", False, False)]:
        config = loaded(f"enable-protected-configs {permission}")
        try:
            config.set({"dir": "/elsewhere"}, local=local)
        except ConfigError as error:
            assert "can't set protected config" in str(error)
        assert (config.dir == "/elsewhere") == allowed


def test_some_directives_wait_until_the_data_set_is_loaded() -> None:
    with pytest.raises(DeniedWhileLoading):
        Config().set({"appendonly": "yes"}, loading=True)


def test_one_directive_cannot_be_set_twice_at_once() -> None:
    with pytest.raises(ConfigError, match="argument 'HZ'.*duplicate parameter"):
        Config().set([("hz", "5"), ("HZ", "6")])


# Files


def test_a_file_has_comments_quotes_and_escapes() -> None:
    config = loaded('# comment\n\n  requirepass "a b\\x21\\n\\"" \n#hz 50\nsyslog-ident \'it\\\'s\'\r\nLOGFILE ""')
    assert config.requirepass == 'a b!\n"'
    assert config.syslog_ident == "it's"
    assert (config.hz, config.logfile) == (10, "")


def test_the_last_line_wins_but_save_points_add_up() -> None:
    config = loaded("hz 20\nhz 30\nsave 1 2\nsave 3 4 5 6")
    assert config.hz == 30
    assert config.save == ((1, 2), (3, 4), (5, 6))
    assert loaded('save 1 2\nsave ""').save == ()
    assert loaded("hz 20").save == Config().save


@pytest.mark.parametrize(
    ("line", "answered"),
    [
        ('save "60 1 70 2"', "60 1 70 2"),
        ('save " "', ""),
        ('bind "127.0.0.1  ::1"', "127.0.0.1 ::1"),
        ('shutdown-on-sigterm "nosave now"', "nosave now"),
        ("oom-score-adj-values \"0 '200' 800\"", "0 200 800"),
    ],
)
def test_many_words_may_stand_in_one_pair_of_quotes(line: str, answered: str) -> None:
    config = Config()
    config.load(line)
    assert list(config.get([line.split()[0]]).values()) == [answered]


def test_an_include_is_read_in_its_place() -> None:
    config = loaded("hz 20\ntimeout 1\ninclude other\nhz 40", other="timeout 2\nhz 30\nsave 1 2")
    assert (config.hz, config.timeout, config.save) == (40, 2, ((1, 2),))


def test_an_include_is_looked_for_where_the_data_is() -> None:
    asked = []

    def include(path: str) -> str:
        asked.append(path)
        return ""

    Config("/data").load("include a.conf\ndir sub\ninclude b.conf\ninclude /etc/c.conf", include)

    assert asked == ["/data/a.conf", "/data/sub/b.conf", "/etc/c.conf"]


def test_an_error_in_an_included_file_names_its_own_line() -> None:
    with pytest.raises(ConfigError, match="at line 2\n>>> 'foo 1'\nBad directive"):
        loaded("\n\n\ninclude other", other="\nfoo 1")


def test_a_file_that_includes_itself_is_refused() -> None:
    with pytest.raises(ConfigError):
        loaded("include me", me="include me")


def test_a_missing_include_is_fatal() -> None:
    def missing(path: str) -> str:
        raise FileNotFoundError(2, "No such file or directory", path)

    with pytest.raises(ConfigError, match="Fatal error, can't open config file 'x.conf': No such file or directory"):
        Config().load("include x.conf", missing)


def test_a_later_stage_may_add_lines_of_its_own() -> None:
    config, lines = Config(), []
    config.line_readers["sentinel"] = lines.append
    config.load("Sentinel monitor mymaster 127.0.0.1 6379 2")
    assert lines == [["sentinel", "monitor", "mymaster", "127.0.0.1", "6379", "2"]]


def test_renamed_commands_and_users_are_kept_for_others() -> None:
    config = loaded('rename-command DEBUG ""\nrename-command KEYS hidden\nuser alice on >secret')
    assert config.rename_command == [("DEBUG", ""), ("KEYS", "hidden")]
    assert config.user == [["alice", "on", ">secret"]]


def test_any_bytes_survive_quoting() -> None:
    text = bytes(range(256)).decode(errors="surrogateescape")
    assert loaded(f"requirepass {quoted(text)}").requirepass == text


# CONFIG REWRITE


def test_a_rewritten_file_keeps_its_comments_and_says_the_same() -> None:
    old = '# mine\n\n\nport 1\nhash-max-ziplist-entries 5 \nsave 1 2\nsave 3 4\nhz 10\nrename-command KEYS ""\n'
    config = loaded(old)
    config.set({"maxmemory": "2097152", "save": "9 9", "hz": "20", "requirepass": "a b"})

    new = config.rewrite(old)

    assert new.startswith(
        '# mine\n\nport 1\nhash-max-listpack-entries 5\nsave 9 9\n\nhz 20\nrename-command KEYS ""\n\n'
        "# Generated by CONFIG REWRITE\n"
    )
    assert new.count("maxmemory 2mb\n") == new.count('requirepass "a b"\n') == 1
    assert loaded(new).get(["*"]) == config.get(["*"])
    assert config.rewrite(new) == new + "\n"  # an oddity of Redis: the end of the file counts as an empty line, once


def test_a_rewritten_file_that_was_empty_has_what_is_not_at_its_default() -> None:
    config = Config("/data")
    config.set({"timeout": "5"})
    assert config.rewrite("") == (
        '# Generated by CONFIG REWRITE\ntimeout 5\ndir "/data"\n'
        "latency-tracking-info-percentiles 50 99 99.9\nsave 3600 1\nsave 300 100\nsave 60 10000\n"
    )


def test_lines_of_others_are_rewritten_where_others_hand_them_in() -> None:
    old = "user alice on\nsentinel monitor a 1 2 3\nsentinel known-replica a 4 5\nuser bob on\n"
    new = Config("/data").rewrite(old, {"user": ["user carol on"], "sentinel monitor": ["sentinel monitor b 6 7 8"]})
    assert new.startswith("user carol on\nsentinel monitor b 6 7 8\nsentinel known-replica a 4 5\n\n# Generated")


def test_every_old_name_is_known() -> None:
    assert BY_NAME["slaveof"] is BY_NAME["replicaof"]
    assert BY_NAME["lua-time-limit"] is BY_NAME["busy-reply-threshold"]
