"""Payloads and snapshots made by hand: any body, between the frame and the checksum that make it one."""

CRC64_JONES = 0x95AC9329AC4BC9B5  # the polynomial, its lowest bit first
VERSION = 10
CHECKSUM_BYTES = 8


def crc64(data: bytes) -> int:
    """CRC-64-Jones, bit by bit: the checksum of snapshots and payloads."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (CRC64_JONES if crc & 1 else 0)
    return crc


def sealed(body: bytes, version: int = VERSION) -> bytes:
    """The payload of a value whose type byte and content are `body`."""
    data = body + version.to_bytes(2, "little")
    return data + crc64(data).to_bytes(CHECKSUM_BYTES, "little")


def snapshot(body: bytes, version: bytes = b"0010") -> bytes:
    """An RDB file of this content."""
    data = b"REDIS" + version + body + b"\xff"
    return data + crc64(data).to_bytes(CHECKSUM_BYTES, "little")
