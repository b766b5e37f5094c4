"""A topic of checkpoint events on a real broker, filled as Kiln fills it: in transactions, in the registry's format."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict
from importlib import resources
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from kiln_client import CheckpointEvent

BROKERS = os.environ.get("KILN_TEST_BROKERS", "")
REGISTRY = os.environ.get("KILN_TEST_REGISTRY", "")
SCHEMA = (resources.files("kiln_client") / "CheckpointEvent.avsc").read_text("utf-8")


class Topic:
    """A topic of its own for each test."""

    def __init__(self) -> None:
        self.name = f"checkpoints-{uuid.uuid4()}"
        admin = AdminClient({"bootstrap.servers": BROKERS})
        admin.create_topics([NewTopic(self.name, 1, 1)])[self.name].result()
        self._producer = Producer({"bootstrap.servers": BROKERS, "transactional.id": self.name})
        self._producer.init_transactions()

    def arguments(self, cache: Any) -> dict[str, Any]:
        """What follow() takes."""
        return {"bootstrap_servers": BROKERS, "registry": REGISTRY, "topic": self.name, "cache": cache}

    def send(self, *events: CheckpointEvent, schema: str = SCHEMA, commit: bool = True, **more: Any) -> None:
        """Sends events; more are fields that only another schema has."""
        registry = SchemaRegistryClient({"url": REGISTRY})
        serialize = AvroSerializer(registry, schema)
        context = SerializationContext(self.name, MessageField.VALUE)
        self.send_bytes(*(serialize({**_record(event), **more}, context) for event in events), commit=commit)

    def send_bytes(self, *values: bytes | None, kind: str = "io.kiln.checkpoint.v1", commit: bool = True) -> None:
        """Sends records as they are."""
        self._producer.begin_transaction()
        for value in values:
            self._producer.produce(self.name, value, headers={"ce_type": kind, "ce_specversion": "1.0"})
        if commit:
            self._producer.commit_transaction()
        else:
            self._producer.flush()
            self._producer.abort_transaction()


def _record(event: CheckpointEvent) -> dict[str, Any]:
    fields = {
        "offsets": [],
        "configurationHash": "0" * 64,
        "weightNames": "timm",
        "learningRate": 0.1,
        "precision": "fp32",
        "flinkCheckpointId": 1,
    }
    for name, value in asdict(event).items():
        fields[_camel(name)] = value
    fields["input"] = {_camel(name): value for name, value in asdict(event.input).items()}
    if event.promotion is not None:
        fields["promotion"] = {_camel(name): value for name, value in asdict(event.promotion).items()}
        fields["promotion"]["figures"] = list(fields["promotion"]["figures"])
    if event.timm is not None:
        fields["timm"] = {"name": event.timm.name, "arguments": json.dumps(event.timm.arguments)}
    return fields


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
