"""The longest common subsequence of two strings, by dynamic programming: O(n·m) time and memory.

Source: lcsCommand in Redis 7.0's t_string.c, whose choice among equally long subsequences is kept.
"""

from array import array

Run = tuple[tuple[int, int], int]  # ((start in the first, start in the second), length)


def longest_common_subsequence(first: bytes, second: bytes) -> tuple[bytes, list[Run]]:
    """The subsequence, and the runs that make it up, the last run first (as LCS IDX lists them)."""
    width = len(second) + 1
    lengths = _lengths(first, second, width)
    common = bytearray()
    runs: list[Run] = []
    i, j = len(first), len(second)
    start, size = (0, 0), 0
    while i and j:
        if first[i - 1] == second[j - 1]:
            common.append(first[i - 1])
            i, j = i - 1, j - 1
            size += 1
            start = (i, j)
            continue
        if size:
            runs.append((start, size))
            size = 0
        if lengths[(i - 1) * width + j] > lengths[i * width + j - 1]:
            i -= 1
        else:
            j -= 1
    if size:
        runs.append((start, size))
    common.reverse()
    return bytes(common), runs


def _lengths(first: bytes, second: bytes, width: int) -> array:
    """The table of lengths: cell i·width + j is the length for the first i and j bytes."""
    table = array("L", bytes(8 * (len(first) + 1) * width))
    for i, byte in enumerate(first, 1):
        row, above = i * width, (i - 1) * width
        for j, other in enumerate(second, 1):
            if byte == other:
                table[row + j] = table[above + j - 1] + 1
            else:
                table[row + j] = max(table[above + j], table[row + j - 1])
    return table
