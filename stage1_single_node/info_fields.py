"""What the sections of INFO are made of."""

from typing import Any

Section = dict[str, object]  # fields by name, in the order in which they are shown
Sections = dict[str, Any]  # by title: a Section, or a function that makes it, where that costs much

UNITS = "BKMGTPE"


def fixed(fields: str) -> Section:
    """Fields that are the same whenever this stage is asked: `loading:0 aof_enabled:0`."""
    named = [field.partition(":") for field in fields.split()]
    return {name: value for name, _, value in named}


def human(size: float) -> str:
    """A number of bytes for people: 894.77K."""
    exponent = 0
    while size >= 1024 and exponent < len(UNITS) - 1:
        size /= 1024
        exponent += 1
    return f"{size:.2f}{UNITS[exponent]}" if exponent else f"{size:.0f}B"
