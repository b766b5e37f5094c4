package io.kiln.training.input;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Passes the bytes of batches on from Kafka; none for a record without a value. */
public final class BatchInputDeserializer implements KafkaRecordDeserializationSchema<BatchInput> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<BatchInput> out) {
        out.collect(BatchInput.of(record));
    }

    @Override
    public TypeInformation<BatchInput> getProducedType() {
        return TypeInformation.of(BatchInput.class);
    }
}
