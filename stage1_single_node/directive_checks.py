"""What the texts of some directives must look like. A check raises ConfigError with Redis's complaint."""

import re
from collections.abc import Callable

from stage1_single_node.directive_kinds import ConfigError


def file_name(what: str, kind: str, may_be_empty: bool = False) -> Callable[[str], None]:
    """A check for the name of a file in `dir`: no path."""

    def check(text: str) -> None:
        if not text and not may_be_empty:
            raise ConfigError(f"{what} can't be empty")
        if "/" in text or "\\" in text:
            raise ConfigError(f"{what} can't be a path, just a {kind}")

    return check


def check_host_name(text: str) -> None:
    if len(text.encode(errors="surrogateescape")) >= 256:
        raise ConfigError("Hostnames must be less than 256 characters")
    if re.search(r"[^A-Za-z0-9.-]", text):
        raise ConfigError("Hostnames may only contain alphanumeric characters, hyphens or dots")


_TITLE = re.compile(r"([^{]|\{\{|\{(title|listen-addr|server-mode|port|tls-port|config-file|unixsocket)\})+", re.DOTALL)
_EMPTY_TITLE = re.compile(r"( |\{(title|server-mode)\})*")  # Redis tries a template with both of them empty


def check_process_title(text: str) -> None:
    if not _TITLE.fullmatch(text) or _EMPTY_TITLE.fullmatch(text):
        raise ConfigError("template format is invalid or contains unknown variables")
