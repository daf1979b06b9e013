"""The manifest: read as Redis reads it, written as Redis writes it, and each step of a rewrite as a new value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage2_persistence.manifest import AofFile, BadManifest, Manifest, parse

PREFIX = "appendonly.aof"
TEXT = """\
file appendonly.aof.2.base.rdb seq 2 type b
file appendonly.aof.1.incr.aof seq 1 type h
file appendonly.aof.2.incr.aof seq 2 type i
file appendonly.aof.4.incr.aof seq 4 type i
"""


def names(files):
    return [file.name for file in files]


def test_the_text_of_a_manifest_comes_back_as_it_was():
    assert parse(TEXT, PREFIX).text() == TEXT


def test_loaded_are_the_base_and_then_the_incrementals_in_order_and_no_history():
    manifest = parse(TEXT, PREFIX)
    assert names(manifest.files) == [f"{PREFIX}.2.base.rdb", f"{PREFIX}.2.incr.aof", f"{PREFIX}.4.incr.aof"]


def test_a_rewrite_names_a_new_incremental_first_and_then_lets_a_new_base_take_the_place_of_all_others():
    before = parse(TEXT, PREFIX)
    begun = before.with_incremental()
    assert begun.text() == TEXT + f"file {PREFIX}.5.incr.aof seq 5 type i\n"
    done = begun.with_base(as_rdb=False, still_needed=1)
    assert names(done.files) == [f"{PREFIX}.3.base.aof", f"{PREFIX}.5.incr.aof"]
    assert {file.name for file in done.history} == set(names(before.files)) | {f"{PREFIX}.1.incr.aof"}
    assert all(file.kind == "h" for file in done.history)
    assert parse(done.text(), PREFIX) == done
    assert done.without_history().text() == done.base.line() + done.incrementals[0].line()


def test_without_an_incremental_that_is_written_to_all_of_them_become_history():
    assert parse(TEXT, PREFIX).with_base(as_rdb=True, still_needed=0).incrementals == ()


def test_sequences_go_on_after_the_files_that_bore_them_have_gone():
    manifest = Manifest(PREFIX).with_incremental().with_base(as_rdb=True, still_needed=0).without_history()
    assert names(manifest.with_incremental().incrementals) == [f"{PREFIX}.2.incr.aof"]


def test_a_file_from_before_the_directory_becomes_the_base_under_its_own_name():
    assert Manifest(PREFIX).with_upgraded().text() == f"file {PREFIX} seq 1 type b\n"


def test_comments_case_and_words_of_a_later_version_are_no_matter():
    text = f"# hello\nFILE {PREFIX}.1.incr.aof Seq 1 type i startoffset 7\n"
    assert names(parse(text, PREFIX).files) == [f"{PREFIX}.1.incr.aof"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("file a seq 1 type i", "does not end"),
        ("\n", "Invalid AOF manifest file format"),
        ("file a seq 1\n", "Invalid AOF manifest file format"),
        ("file a seq 1 type\n", "Invalid AOF manifest file format"),
        ("file a seq 0 type i\n", "Invalid AOF manifest file format"),
        ("file a seq -1 type i\n", "Invalid AOF manifest file format"),
        ("file a seq ² type i\n", "Invalid AOF manifest file format"),
        ('file "a seq 1 type i\n', "Invalid AOF manifest file format"),
        ("file ../a seq 1 type i\n", "can't be a path"),
        ("file a seq 1 type x\n", "Unknown AOF file type"),
        ("file a seq 1 type b\nfile b seq 2 type b\n", "duplicate base"),
        ("file a seq 2 type i\nfile b seq 2 type i\n", "non-monotonic"),
        (f"file {'a' * 1100} seq 1 type i\n", "too long line"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_reason(text, reason):
    with pytest.raises(BadManifest, match=reason):
        parse(text, PREFIX)


@given(st.text(st.characters(blacklist_characters="/\\\0\n", max_codepoint=0x2FF), min_size=1, max_size=40))
def test_any_name_survives_being_written(name):
    line = AofFile(name, 7, "i").line()
    assert names(parse(line, PREFIX).files) == [name]


@given(st.text(max_size=200))
def test_any_text_is_a_manifest_or_refused(text):
    try:
        parse(text, PREFIX)
    except BadManifest:
        pass
