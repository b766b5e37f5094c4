package io.kiln.schemas;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What readers of committed records see of a topic. */
public final class CommittedRecords {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private CommittedRecords() {}

    /** Reads from the beginning to what is the end now. */
    public static List<ConsumerRecord<byte[], byte[]>> of(String bootstrapServers, String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (TopicReader reader =
                TopicReader.committed(Map.of("bootstrap.servers", bootstrapServers), TIMEOUT)) {
            reader.read(reader.extent(topic), records::add);
        }
        return records;
    }
}
