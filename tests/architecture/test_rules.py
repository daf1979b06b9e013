"""Each rule finds the offence that is planted for it, and says nothing about innocent code."""

import pytest

from tests.architecture import rules
from tests.architecture.source import modules

ONE, TWO, THREE = "stage1_single_node", "stage2_persistence", "stage3_replication"

INNOCENT = {
    f"{ONE}/__init__.py": "",
    f"{ONE}/clock.py": "import time\n\n\ndef now():\n    return time.time()\n",
    f"{ONE}/keyspace.py": "from random import Random\n",
    f"{ONE}/server.py": f"from {ONE} import keyspace\nfrom {ONE}.clock import now\n\n\nclass Server:\n"
    "    def start(self): ...\n    def run(self): ...\n",
    f"{ONE}/demo.py": "import time\nimport lab.engine\n",
    f"{ONE}/scenarios/crash.py": f"import random\nfrom lab import engine\nfrom {ONE} import demo\n",
    f"{TWO}/aof.py": f"from {ONE}.keyspace import Keyspace\n",
    f"{TWO}/server.py": f"from {ONE} import server\nfrom {TWO}.aof import Aof\n\n\nclass Server(server.Server):\n"
    "    def start(self): ...\n    def rewrite(self): ...\n",
    "lab/__init__.py": "",
    "lab/engine.py": "import os\nfrom lab.clock import now\n",
    "lab/clock.py": "import time\n",
}


def offences(rule, planted, *arguments):
    return rule(modules({**INNOCENT, **planted}), *arguments)


@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        (rules.imports_go_down, ()),
        (rules.no_circles, ()),
        (rules.imports_stand_on_top, ()),
        (rules.one_server_with_one_parent, ()),
        (rules.only_seams_are_overridden, ()),
        (rules.the_outside_is_reached_here_alone, ({f"{ONE}/clock.py"},)),
        (rules.a_core_fits_one_sitting, ([f"{ONE}.server"], 10)),
        (rules.files_and_functions_are_short, ({},)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_innocent_code_is_left_alone(rule, arguments):
    assert offences(rule, {}, *arguments) == []


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (f"{ONE}/keyspace.py", f"import {TWO}.aof", "up the stairs"),
        (f"{ONE}/keyspace.py", f"from {TWO} import aof", "up the stairs"),
        (f"{TWO}/aof.py", f"def late():\n    import {THREE}.history", "up the stairs"),
        (f"{ONE}/keyspace.py", "from lab import engine", "nothing of the laboratory"),
        (f"{ONE}/server.py", "from . import demo", "nothing of the experiments"),
        (f"{ONE}/server.py", "from .scenarios.crash import crash", "nothing of the experiments"),
        (f"{TWO}/demo.py", f"from {ONE}.demo import show", "belongs to its stage"),
        ("lab/engine.py", f"import {ONE}.server", "starts stages by name"),
    ],
)
def test_imports_up_or_across_are_found(path, text, why):
    planted = {path: text, f"{THREE}/history.py": ""}
    assert [why in offence for offence in offences(rules.imports_go_down, planted)] == [True]


@pytest.mark.parametrize(
    "planted",
    [
        {f"{ONE}/a.py": f"import {ONE}.b", f"{ONE}/b.py": f"from {ONE} import a"},
        {f"{ONE}/a.py": "from . import b", f"{ONE}/b.py": "from .c import x", f"{ONE}/c.py": "from .a import y"},
        {"lab/a.py": "from lab.b import x", "lab/b.py": "def late():\n    import lab.a\n"},
        {f"{ONE}/clock.py": f"from {TWO} import aof", f"{ONE}/keyspace.py": f"from {ONE} import clock"},
    ],
    ids=["two", "three", "a late import", "between packages"],
)
def test_circles_are_found(planted):
    found = offences(rules.no_circles, planted)
    assert len(found) == 1 and found[0].startswith("a circle: ")


@pytest.mark.parametrize(
    "text",
    [
        "def late():\n    import json\n",
        "class C:\n    def late(self):\n        from json import loads\n",
        "class C:\n    import json\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\n",
        "import typing\nif typing.TYPE_CHECKING:\n    import json\n",
        "async def late():\n    if True:\n        import json\n",
    ],
)
def test_hidden_imports_are_found(text):
    found = offences(rules.imports_stand_on_top, {f"{ONE}/clock.py": text})
    assert len(found) == 1 and f"{ONE}/clock.py:" in found[0]


def test_an_optional_library_is_no_hidden_import():
    text = "try:\n    import uvloop\nexcept ImportError:\n    uvloop = None\n"
    assert offences(rules.imports_stand_on_top, {f"{ONE}/clock.py": text}) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{ONE}/server.py", "class Server(dict): ..."),
        (f"{ONE}/server.py", "class Server: ...\nclass Helper: ..."),
        (f"{ONE}/server.py", "class Redis: ..."),
        (f"{TWO}/server.py", "class Server: ..."),
        (f"{TWO}/server.py", f"import {ONE}.server\nclass Server({ONE}.server.Server, dict): ..."),
        (f"{TWO}/server.py", "class Base: ...\nclass Server(Base): ..."),
        (f"{THREE}/server.py", f"from {ONE} import server\nclass Server(server.Server): ..."),
        (f"{THREE}/history.py", ""),
    ],
)
def test_servers_with_other_families_are_found(path, text):
    assert len(offences(rules.one_server_with_one_parent, {path: text})) == 1


def test_overriding_what_is_no_seam_is_found():
    text = f"from {ONE} import server\nclass Server(server.Server):\n    def run(self): ...\n    def stop(self): ...\n"
    assert len(offences(rules.only_seams_are_overridden, {f"{TWO}/server.py": text})) == 1
    over_two = "class Server(server.Server):\n    def rewrite(self): ...\n"
    assert len(offences(rules.only_seams_are_overridden, {f"{THREE}/server.py": over_two})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path",
        "from socket import AF_INET",
        "import random",
        "from random import choice",
        "from random import Random\ndice = Random()",
        "def late():\n    import secrets",
    ],
)
def test_reaching_outside_is_found(text):
    found = offences(rules.the_outside_is_reached_here_alone, {f"{ONE}/keyspace.py": text}, {f"{ONE}/clock.py"})
    assert len(found) == 1 and "keyspace.py reaches for" in found[0]


def test_a_needless_permission_to_reach_outside_is_found():
    allowed = {f"{ONE}/clock.py", f"{ONE}/keyspace.py"}
    assert offences(rules.the_outside_is_reached_here_alone, {}, allowed) == [
        f"{ONE}/keyspace.py is listed as outside, and isn't"
    ]


def test_a_core_that_is_too_long_or_gone_is_found():
    core = [f"{ONE}.server", f"{ONE}.keyspace"]
    assert offences(rules.a_core_fits_one_sitting, {f"{ONE}/keyspace.py": "x = 1\n" * 100}, core, 100)
    assert offences(rules.a_core_fits_one_sitting, {}, [f"{ONE}.gone"], 100)


def test_long_files_and_functions_are_found_unless_there_is_a_reason():
    function = "def short(): ...\nclass C:\n    def long(self):\n" + "        x = 1\n" * 40
    planted = {f"{ONE}/keyspace.py": function, f"{ONE}/clock.py": "x = 1\n" * 301}
    assert [offence.split(" has")[0] for offence in offences(rules.files_and_functions_are_short, planted, {})] == [
        f"{ONE}/clock.py",
        f"{ONE}/keyspace.py::C.long",
    ]
    reasons = {
        f"{ONE}/clock.py": "a table that is read as one",
        f"{ONE}/keyspace.py::C.long": "one algorithm, one page",
    }
    assert offences(rules.files_and_functions_are_short, planted, reasons) == []


def test_needless_and_empty_excuses_are_found():
    assert offences(rules.files_and_functions_are_short, {}, {f"{ONE}/clock.py": "a table that is read as one"})
    planted = {f"{ONE}/clock.py": "x = 1\n" * 301}
    assert offences(rules.files_and_functions_are_short, planted, {f"{ONE}/clock.py": "because"})


def test_claims_without_points_are_found():
    suite = modules({"tests/stage1_x/test_a.py": "@points(1)\ndef test_a(): ...\n\n\ndef test_b(): ...\n"})
    assert rules.every_claim_has_points(suite) == ["tests/stage1_x/test_a.py::test_b is worth no points"]


@pytest.mark.parametrize("call", ["time.sleep(1)", "sleep(0.1)", "asyncio.sleep(1)"])
def test_sleeping_tests_are_found(call):
    assert len(rules.no_test_sleeps(modules({"tests/stage1_x/test_a.py": f"def test_a():\n    {call}\n"}))) == 1
