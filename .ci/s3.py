"""What .ci/s3 asks of an S3-compatible server, and the pictures that it sends.

usage: s3.py create ENDPOINT | s3.py pictures FOLDER | s3.py versions ENDPOINT |
       s3.py await ENDPOINT PATTERN...
"""

import random
import re
import struct
import sys
import time
import zlib
from pathlib import Path

BUCKET = "kiln"
PATIENCE = 240  # seconds


def client(endpoint):
    import boto3

    return boto3.client("s3", endpoint_url=endpoint)


def create(endpoint):
    for attempt in range(PATIENCE):
        try:
            client(endpoint).create_bucket(Bucket=BUCKET)
            return
        except Exception as e:  # the server is starting
            last = e
            time.sleep(1)
    raise last


def pictures(folder):
    Path(folder).mkdir(parents=True)
    noise = random.Random(1)
    for i in range(48):
        rows = b"".join(b"\0" + noise.randbytes(64 * 3) for _ in range(64))
        parts = [(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
        png = b"\x89PNG\r\n\x1a\n"
        for name, data in parts:
            png += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        (Path(folder) / f"{i:02}.png").write_bytes(png)


def keys(endpoint):
    pages = client(endpoint).get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return [one["Key"] for page in pages for one in page.get("Contents", [])]


def versions(endpoint):
    """The number of the newest one, retired ones having gone."""
    print(max(int(found[1]) for key in keys(endpoint) if (found := re.search(r"/v(\d+)-step", key))))


def wait_for(endpoint, *patterns):
    end = time.monotonic() + PATIENCE
    while True:
        found = keys(endpoint)
        missing = [p for p in patterns if not any(re.search(p, key) for key in found)]
        if not missing:
            return
        if time.monotonic() > end:
            raise SystemExit(f"nothing matches {missing} among {len(found)} objects:\n" + "\n".join(found[-40:]))
        time.sleep(1)


{"create": create, "pictures": pictures, "versions": versions, "await": wait_for}[sys.argv[1]](*sys.argv[2:])
