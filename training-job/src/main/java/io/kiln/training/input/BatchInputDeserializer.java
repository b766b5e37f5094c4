package io.kiln.training.input;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Passes the bytes of batches on from Kafka; none for a record without a value. */
public final class BatchInputDeserializer implements KafkaRecordDeserializationSchema<BatchInput> {
    private static final long serialVersionUID = 1L;

    private static final byte[] NO_VALUE = {};

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<BatchInput> out) {
        byte[] value = record.value() == null ? NO_VALUE : record.value();
        out.collect(new BatchInput(record.topic(), record.partition(), record.offset(), value));
    }

    @Override
    public TypeInformation<BatchInput> getProducedType() {
        return TypeInformation.of(BatchInput.class);
    }
}
