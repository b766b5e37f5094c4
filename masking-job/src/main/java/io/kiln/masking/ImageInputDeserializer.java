package io.kiln.masking;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Takes records over from Kafka byte for byte. */
final class ImageInputDeserializer implements KafkaRecordDeserializationSchema<ImageInput> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<ImageInput> out) {
        out.collect(
                new ImageInput(
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        record.key(),
                        record.value()));
    }

    @Override
    public TypeInformation<ImageInput> getProducedType() {
        return TypeInformation.of(ImageInput.class);
    }
}
