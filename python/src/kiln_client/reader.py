"""Reads checkpoint events from Kafka as they are committed."""

from __future__ import annotations

import importlib.resources
import logging
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

from . import events
from .errors import BrokerError, NewerEventError, RegistryError
from .order import RunEvents
from .settings import SettingsError

_LOG = logging.getLogger("kiln_client")
_QUIET_SECONDS = 60
_END = -191  # librdkafka's RD_KAFKA_RESP_ERR__PARTITION_EOF
_NO_LOGIN = (-169, -181)  # its …ERR__AUTHENTICATION and …ERR__SSL
_TRANSPORT = -195  # its …ERR__TRANSPORT
_NO_ANSWER = (_TRANSPORT, -185)  # and its …ERR__TIMED_OUT
_DENIED = 29  # its …ERR_TOPIC_AUTHORIZATION_FAILED
_TYPE = "io.kiln.checkpoint.v1"
_FAMILY = "io.kiln.checkpoint."


class EventReader:
    """Reads the events of a topic from its beginning, each once and in order.

    Passes over records that are no events, and over events that repeat or contradict earlier ones; logs a warning for
    each, and counts it.

    Attributes:
        passed_over: how many records were passed over.
        at_end: whether all that was committed has been read.
        offset: of the event that was read last.

    Raises:
        BrokerError: no broker answers, or it has no such topic of one partition.
        SettingsError: Kafka's client or the registry's cannot use its settings.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        registry: str | Mapping[str, Any],
        topic: str,
        kafka: Mapping[str, Any] | None = None,
        timeout: float = 10,
    ) -> None:
        self.passed_over = 0
        self.at_end = False
        self.offset = -1
        self._topic = topic
        self._pending: Any = None
        self._order = RunEvents()
        self._refusal: KafkaError | None = None
        self._trouble: KafkaError | None = None
        self._registry = _registry_client({"url": registry} if isinstance(registry, str) else dict(registry))
        schema = importlib.resources.files(__package__).joinpath("CheckpointEvent.avsc").read_text("utf-8")
        self._deserialize = AvroDeserializer(self._registry, schema)
        settings: dict[str, Any] = {
            "group.id": f"kiln-client-{uuid.uuid4()}",  # required, but no offsets are committed
            "auto.offset.reset": "error",
            "reconnect.backoff.ms": 500,
            **(kafka or {}),
            "bootstrap.servers": bootstrap_servers,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "logger": _kafka_log(),
            "error_cb": self._note,
        }
        self._user = settings.get("sasl.username") or "this client"
        self._consumer = _consumer(settings)
        try:
            self._require_topic(bootstrap_servers, timeout)
            self._consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        except BaseException:
            self.close()
            raise

    def _note(self, error: KafkaError) -> None:
        """Takes note of what a call that waits for a broker is not told: a refused login, or why none answers."""
        if error.code() in _NO_LOGIN:
            self._refusal = error
        elif error.code() == _TRANSPORT:
            self._trouble = error

    def _require_topic(self, servers: str, timeout: float) -> None:
        try:
            found = self._consumer.list_topics(self._topic, timeout).topics[self._topic]
        except KafkaException as error:
            self._consumer.poll(0)  # has the client tell what it knows
            raise self._unanswered(f"at {servers}", timeout, error) from error
        if found.error is not None and found.error.code() == _DENIED:
            raise BrokerError(f"{servers} denies {self._user} topic {self._topic}: it needs Read")
        if found.error is not None:
            raise BrokerError(f"{servers} has no topic {self._topic}: {found.error}")
        if len(found.partitions) != 1:
            raise BrokerError(
                f"topic {self._topic} has {len(found.partitions)} partitions; expected 1, so that events have one order"
            )

    def poll(self, timeout: float) -> events.CheckpointEvent | None:
        """Waits for the next event.

        Returns:
            None if there is none within the time.

        Raises:
            NewerEventError: the event is of a later Kiln; the next call goes on behind it.
            RegistryError: the registry does not answer, or has lost its schemas; the next call tries again.
            BrokerError: the next event has been deleted, or access is refused.
        """
        deadline = time.monotonic() + timeout
        while True:
            message = self._pending or self._consumer.poll(max(0.0, deadline - time.monotonic()))
            if message is None:
                return None
            error = message.error()
            if error is not None and error.code() == _END:
                self.at_end = True
                return None
            if error is not None:
                raise BrokerError(f"{self._topic} cannot be read: {error}")
            self.at_end = False
            self._pending = message
            event = self._event(message)
            if event is not None:
                return event

    def require_broker(self, timeout: float) -> None:
        """Asks the broker for an answer: while it is away, polling gives nothing and says nothing.

        Raises:
            BrokerError: it does not answer in time.
        """
        try:
            self._consumer.get_watermark_offsets(TopicPartition(self._topic, 0), timeout, cached=False)
            self._refusal = self._trouble = None
        except KafkaException as error:
            raise self._unanswered(f"for {self._topic}", timeout, error) from error

    def _unanswered(self, where: str, timeout: float, error: KafkaException) -> BrokerError:
        if self._refusal is not None:
            return BrokerError(f"the broker does not let {self._user} in: {self._refusal.str()}")
        known = self._trouble if error.args[0].code() in _NO_ANSWER else None
        return BrokerError(f"no broker answers {where} within {timeout:g} s: {(known or error.args[0]).str()}")

    def _event(self, message: Any) -> events.CheckpointEvent | None:
        """The event of a record; None if it is passed over. A record stays pending while the registry is away."""
        place = f"{self._topic}, offset {message.offset()}"
        refusal: str | None
        try:
            _require_headers(dict(message.headers() or []), place)
            event = events.from_record(self._record(message, place))
            refusal = self._order.refusal(event)
        except RegistryError:
            raise
        except NewerEventError:
            self._pending = None
            raise
        except Exception as error:  # Avro answers hostile bytes with many kinds of exceptions
            refusal = f"{error}"
        self._pending = None
        if refusal is None:
            self.offset = message.offset()
            return event
        self.passed_over += 1
        _LOG.warning("%s is passed over: %.500r", place, refusal)
        return None

    def _record(self, message: Any, place: str) -> Mapping[str, Any]:
        context = SerializationContext(self._topic, MessageField.VALUE)
        try:
            record = self._deserialize(message.value(), context)
        except SchemaRegistryError as error:
            if error.http_status_code == 404 and self._knows_topic():
                raise ValueError(f"it was written with a schema that the registry does not know: {error}") from error
            raise RegistryError(f"the schema of {place} cannot be had from the registry: {error}") from error
        except SerializationError:
            raise
        except OSError as error:
            raise RegistryError(f"the registry does not answer: {error}") from error
        except Exception as error:
            if type(error).__module__.split(".")[0] in ("httpx", "httpcore"):
                raise RegistryError(f"the registry does not answer: {error}") from error
            raise
        if not isinstance(record, dict):
            raise ValueError("it has no value; expected a CheckpointEvent")
        return record

    def _knows_topic(self) -> bool:
        try:
            self._registry.get_latest_version(f"{self._topic}-value")
            return True
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                return False
            raise RegistryError(f"the registry does not answer: {error}") from error

    def close(self) -> None:
        """Disconnects."""
        self._consumer.close()


def _registry_client(settings: dict[str, Any]) -> SchemaRegistryClient:
    try:
        return SchemaRegistryClient(settings)
    except (OSError, TypeError, ValueError) as error:
        read = isinstance(error, OSError)  # which does not say what could not be read
        files = [f"{key}={value}" for key, value in settings.items() if read and key.endswith(".location")]
        raise SettingsError(": ".join(["the registry's settings cannot be used", *files, str(error)])) from error


def _consumer(settings: dict[str, Any]) -> Consumer:
    try:
        return Consumer(settings)
    except (KafkaException, TypeError) as error:
        reason = error.args[0].str() if isinstance(error, KafkaException) else error
        raise SettingsError(f"Kafka's settings cannot be used: {reason}") from error


class _OnceAMinute(logging.Filter):
    """Lets a message through if it differs from the others of a minute in more than its numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text = re.sub(r"\d+", "#", record.getMessage())
        now = time.monotonic()
        self._seen = {other: at for other, at in self._seen.items() if now - at < _QUIET_SECONDS}
        return self._seen.setdefault(text, now) == now


def _kafka_log() -> logging.Logger:
    """For what Kafka's client says, which repeats itself many times a second while a broker is away."""
    log = logging.getLogger("kiln_client.kafka")
    if not any(isinstance(known, _OnceAMinute) for known in log.filters):
        log.addFilter(_OnceAMinute())
    return log


def _require_headers(headers: Mapping[str, bytes], place: str) -> None:
    found = (headers.get("ce_type") or b"").decode("utf-8", "replace")
    if found.startswith(_FAMILY) and found != _TYPE:
        raise NewerEventError(f"{place} is an event of type {found}; this client reads {_TYPE}: upgrade kiln-client")
    if found != _TYPE:
        raise ValueError(f"its header ce_type is {found!r}; expected {_TYPE}")


