"""The least that the lab takes for a server: it reads `port` from its configuration file and answers PING."""

import asyncio
import sys
from pathlib import Path


def main(configuration: str) -> None:
    settings = dict(line.split(maxsplit=1) for line in Path(configuration).read_text().splitlines())

    async def serve() -> None:
        server = await asyncio.start_server(answer, settings["bind"], int(settings["port"]))
        await server.serve_forever()

    asyncio.run(serve())


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readline():
        writer.write(b"+PONG\r\n")
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1])
