"""A server for the laboratory to judge: it keeps what it is sent, a line at a time, and is as careful as it is told.

`fsync always` syncs before it answers, `fsync never` does not: who answers "+OK" all the same loses what it promised.
"""

import asyncio
import os
import sys
from pathlib import Path


def main(configuration: str) -> None:
    settings = dict(line.split(maxsplit=1) for line in Path(configuration).read_text().splitlines())
    descriptor = os.open(Path(settings["dir"]) / "kept", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line != b"PING\r\n":
                try:
                    os.write(descriptor, line)
                    if settings["fsync"] == "always":
                        await asyncio.to_thread(os.fsync, descriptor)
                except OSError as error:
                    writer.write(b"-ERR %s\r\n" % str(error).encode())
                    continue
                if b"RENAME" in line:
                    os.rename(Path(settings["dir"]) / "kept", Path(settings["dir"]) / "renamed")
            writer.write(b"+OK\r\n")
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, settings["bind"], int(settings["port"]))
        await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main(sys.argv[1])
