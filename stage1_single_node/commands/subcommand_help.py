"""The HELP of a command that has subcommands (CONFIG HELP, PUBSUB HELP …)."""


def subcommand_help(container: str, *lines: str) -> list[str]:
    """The reply: a line of usage, the given lines (a subcommand, then its explanation, indented by four), and HELP."""
    return [
        f"{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        *lines,
        "HELP",
        "    Prints this help.",
    ]
