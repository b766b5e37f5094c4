package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What an interrupted demo had sent, as its broker knows it.
 *
 * @param images number of images
 * @param last source of the last one, a URI; empty if there is none
 */
record SentEarlier(long images, String last) {
    static final SentEarlier NOTHING = new SentEarlier(0, "");

    /** Reads the end of the topic of images; nothing lies there when a demo starts. */
    static SentEarlier read(KilnConfig config) {
        String topic = config.topics().images();
        AtomicReference<ConsumerRecord<byte[], byte[]>> last = new AtomicReference<>();
        Extent extent;
        try (TopicReader reader = Clients.uncommittedReader(config)) {
            extent = reader.extent(topic);
            reader.read(
                    extent.newest(1),
                    found ->
                            last.accumulateAndGet(
                                    found,
                                    (a, b) -> a == null || b.timestamp() > a.timestamp() ? b : a));
        }
        ConsumerRecord<byte[], byte[]> found = last.get();
        if (found == null) {
            return NOTHING;
        }
        RecordDeserializer<ImageRecord> images =
                new RecordDeserializer<>(Clients.registry(config), ImageRecord.class, topic);
        return new SentEarlier(
                extent.size(), images.readOrPassOver(found).map(ImageRecord::getSource).orElse(""));
    }
}
