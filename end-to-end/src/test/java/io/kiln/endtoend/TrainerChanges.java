package io.kiln.endtoend;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.Update;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What the trainers of a run have announced to each other. */
final class TrainerChanges implements AutoCloseable {
    private final KilnConfig config;
    private final TopicFollower<ConsumerRecord<byte[], byte[]>> topic;

    TrainerChanges(KilnConfig config) {
        this.config = config;
        this.topic = TopicFollower.of(config, config.topics().updates(), 1);
    }

    /** Whether no record announces the file of a change. */
    boolean isUnannounced(Path file) {
        RecordDeserializer<Update> updates =
                new RecordDeserializer<>(Clients.registry(config), Update.class);
        return topic.all().stream()
                .noneMatch(record -> updates.read(record.value()).getUri().endsWith("" + file));
    }

    /** Sends the last announcements again, as they are: some rounds that are over, and this one. */
    void announceAgain(int count) throws InterruptedException, ExecutionException {
        List<ConsumerRecord<byte[], byte[]>> all = topic.all();
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            for (ConsumerRecord<byte[], byte[]> record :
                    all.subList(Math.max(0, all.size() - count), all.size())) {
                producer.send(new ProducerRecord<>(record.topic(), 0, record.key(), record.value()))
                        .get();
            }
        }
    }

    @Override
    public void close() {
        topic.close();
    }
}
