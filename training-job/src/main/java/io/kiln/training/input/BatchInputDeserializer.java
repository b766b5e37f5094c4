package io.kiln.training.input;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Passes the bytes of batches on from Kafka. */
public final class BatchInputDeserializer implements KafkaRecordDeserializationSchema<BatchInput> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<BatchInput> out)
            throws IOException {
        if (record.value() == null) {
            throw new IOException(
                    record.topic()
                            + " partition "
                            + record.partition()
                            + " offset "
                            + record.offset()
                            + " has no value; expected a SparseBatch");
        }
        out.collect(
                new BatchInput(
                        record.topic(), record.partition(), record.offset(), record.value()));
    }

    @Override
    public TypeInformation<BatchInput> getProducedType() {
        return TypeInformation.of(BatchInput.class);
    }
}
