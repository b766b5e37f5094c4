package io.kiln.endtoend;

import io.kiln.config.KilnConfig;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** All that is committed on a topic, as it stands there. */
final class Tap implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Tail<ConsumerRecord<byte[], byte[]>> tail;

    Tap(KilnConfig config, String topic, int partitions) {
        this.tail = new Tail<>(config, topic, partitions, record -> record);
    }

    /** Everything so far. */
    List<ConsumerRecord<byte[], byte[]>> records() {
        return tail.all();
    }

    /** Waits until what is there is enough. */
    List<ConsumerRecord<byte[], byte[]>> await(
            Predicate<List<ConsumerRecord<byte[], byte[]>>> enough) {
        return tail.await("records", PATIENCE, enough);
    }

    @Override
    public void close() {
        tail.close();
    }
}
