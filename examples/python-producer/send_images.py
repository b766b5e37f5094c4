"""Sends pictures to Kiln's images topic from Python, as `kiln ingest` does: one ImageRecord a picture, in the registry's wire
format, under the SHA-256 of its bytes.

    pip install -r requirements.txt
    python send_images.py --brokers 127.0.0.1:9092 --registry http://127.0.0.1:8085/apis/ccompat/v7 ~/Pictures/*.jpg

The topic and its schema must be there: kiln topics create.
"""

import argparse
import hashlib
import pathlib
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

LARGEST_RECORD = 32 * 1024 * 1024
LARGEST_PICTURE = 16 * 1024 * 1024  # ingest.maxImageBytes; the masking job refuses more
TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # classic and BigTIFF, in either byte order
KINDS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
    **dict.fromkeys(TIFFS, "image/tiff"),
}


def content_type(content):
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in KINDS.items() if content.startswith(magic)), None)


def record(path, content, kind):
    """An ImageRecord; its fields are described in schemas/src/main/avro/ImageRecord.avsc."""
    return {
        "imageId": hashlib.sha256(content).hexdigest(),
        "source": path.resolve().as_uri(),
        "contentType": kind,
        "content": content,
        "capturedAt": None,
        "attributes": {},
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--brokers", default="127.0.0.1:9092")
    arguments.add_argument("--registry", default="http://127.0.0.1:8085/apis/ccompat/v7")
    arguments.add_argument("--topic", default="images")
    arguments.add_argument("pictures", nargs="+", type=pathlib.Path)
    options = arguments.parse_args()

    serialize = AvroSerializer(
        SchemaRegistryClient({"url": options.registry}),
        conf={"auto.register.schemas": False, "use.latest.version": True},  # the schema is Kiln's to register
    )
    producer = Producer(
        {
            "bootstrap.servers": options.brokers,
            "enable.idempotence": True,  # retries neither lose nor double
            "partitioner": "murmur2_random",  # as Java's clients place keys: one image id, one partition
            "message.max.bytes": LARGEST_RECORD,
            "compression.type": "none",  # pictures are compressed already
            "linger.ms": 20,
        }
    )
    failures = []

    def delivered(error, message):
        if error is not None:
            failures.append(f"{message.key().decode()}: {error}")

    sent = 0
    for path in options.pictures:
        content = path.read_bytes()
        kind = content_type(content)
        if kind is None or len(content) > LARGEST_PICTURE:
            print(f"not sent: {path} ({'too large' if kind else 'no picture that Kiln reads'})", file=sys.stderr)
            continue
        image = record(path, content, kind)
        value = serialize(image, SerializationContext(options.topic, MessageField.VALUE))
        while True:
            try:
                producer.produce(options.topic, key=image["imageId"], value=value, on_delivery=delivered)
                break
            except BufferError:  # as many are under way as the client keeps
                producer.poll(1)
        producer.poll(0)
        sent += 1
    producer.flush()
    print(f"sent {sent - len(failures)} images")
    if failures:
        sys.exit("could not be sent: " + "; ".join(failures[:5]))


if __name__ == "__main__":
    main()
