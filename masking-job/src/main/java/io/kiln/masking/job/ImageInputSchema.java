package io.kiln.masking.job;

import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.Position;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Takes every record as it is. {@link DecodeAndMask} finds out what is in it. */
final class ImageInputSchema implements KafkaRecordDeserializationSchema<ImageInput> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<ImageInput> out) {
        Position position = new Position(record.topic(), record.partition(), record.offset());
        out.collect(new ImageInput(position, record.key(), record.value()));
    }

    @Override
    public TypeInformation<ImageInput> getProducedType() {
        return TypeInformation.of(ImageInput.class);
    }
}
