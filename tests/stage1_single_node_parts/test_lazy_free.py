import asyncio

from stage1_single_node.lazy_free import SLICE, LazyFree
from stage1_single_node.structures.list import List
from stage1_single_node.structures.set import Set


def test_big_values_are_emptied_between_other_work() -> None:
    async def scenario() -> None:
        lazy_free = LazyFree()
        elements = List(b"%d" % number for number in range(3 * SLICE))
        lazy_free.free(elements)
        assert lazy_free.pending == 1
        sizes = []
        while lazy_free.pending:
            await asyncio.sleep(0)
            sizes.append(len(elements))
        assert sizes == [2 * SLICE, SLICE, 0]
        assert lazy_free.freed == 1

    asyncio.run(scenario())


def test_a_value_of_several_parts_is_emptied_whole() -> None:
    async def scenario() -> None:
        lazy_free = LazyFree()
        members, names = Set(b"%d" % number for number in range(SLICE)), dict.fromkeys(range(SLICE))
        lazy_free.free(members, names)
        while lazy_free.pending:
            await asyncio.sleep(0)
        assert not names
        assert not len(members)

    asyncio.run(scenario())


def test_small_values_need_no_slices() -> None:
    lazy_free = LazyFree()
    lazy_free.free(List([b"a"]), b"string", {})

    assert not lazy_free.pending
