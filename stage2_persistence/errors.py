"""Errors of stage 2 that a client sees, with Redis's own texts."""

LOADING = "LOADING Redis is loading the dataset in memory"
CANNOT_SHUT_DOWN = "ERR Errors trying to SHUTDOWN. Check logs."
CHILD_RUNS = (
    "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a "
    "BGSAVE whenever possible."
)
SAVE_IN_PROGRESS = "ERR Background save already in progress"
REWRITE_IN_PROGRESS = "ERR Background append only file rewriting already in progress"
CANNOT_REWRITE = "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
BAD_PAYLOAD = "ERR DUMP payload version or checksum are wrong"
BAD_FORMAT = "ERR Bad data format"
BUSY_KEY = "BUSYKEY Target key name already exists."
MISCONF_SNAPSHOT = (
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that "
    "may modify the data set are disabled, because this instance is configured to report errors during writes if RDB "
    "snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB "
    "error."
)


def misconf_aof(reason: str) -> str:
    """The append-only file cannot be written."""
    return f"MISCONF Errors writing to the AOF file: {reason}"
