"""Records of Kiln's topics as dictionaries, as they are committed."""

import re
import uuid

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def address(config, key):
    """What a cluster's kiln.yaml says of kafka.bootstrapServers or registry.url."""
    return re.search(key + r": *['\"]?([^'\"\s]+)", config.read_text()).group(1)


class Topic:
    """A topic of one partition, from its beginning."""

    def __init__(self, config, name):
        registry = SchemaRegistryClient({"url": address(config, "url")})
        self.name, self._decode = name, AvroDeserializer(registry)
        self._consumer = Consumer({
            "bootstrap.servers": address(config, "bootstrapServers"), "group.id": f"versions-{uuid.uuid4()}",
            "enable.auto.commit": False, "isolation.level": "read_committed"})
        self._consumer.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])

    def _messages(self, seconds):
        while (message := self._consumer.poll(seconds)) is not None:
            if message.error():
                raise SystemExit(f"{self.name} cannot be read: {message.error()}")
            yield message

    def records(self, seconds):
        """What comes until nothing has come for so long, each with the time it was written, as "at" in seconds."""
        context = SerializationContext(self.name, MessageField.VALUE)
        for message in self._messages(seconds):
            yield self._decode(message.value(), context) | {"at": message.timestamp()[1] / 1000}

    def close(self):
        self._consumer.close()
