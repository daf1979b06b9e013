"""What the sections of INFO are made of."""

Section = dict[str, object]  # fields by name, in the order in which they are shown

UNITS = "BKMGTPE"


def fixed(fields: str) -> Section:
    """Fields that are the same whenever this stage is asked: `loading:0 aof_enabled:0`."""
    return dict(field.split(":") for field in fields.split())


def human(size: float) -> str:
    """A number of bytes for people: 894.77K."""
    exponent = 0
    while size >= 1024 and exponent < len(UNITS) - 1:
        size /= 1024
        exponent += 1
    return f"{size:.2f}{UNITS[exponent]}" if exponent else f"{size:.0f}B"
