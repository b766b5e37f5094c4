package io.kiln.operations.deadletters;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OperationException;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends dead letters to the images topic again, each once: key and value as they first came, so
 * that the image keeps its identity. The image and the mark that it was sent are written in one
 * transaction, hence neither is there without the other, whenever this is killed. A second replay
 * of the same topic that starts meanwhile ends this one, and reads its marks before it begins.
 */
public final class Replay {
    private static final int MOST_RECORDS = 500;
    private static final Duration CLOSE = Duration.ofSeconds(10);

    private final KilnConfig config;

    public Replay(KilnConfig config) {
        this.config = config;
    }

    /**
     * What would be sent or was.
     *
     * @param sent letters that were sent, or would be in a dry run
     * @param kept letters that were meant and cannot be sent, with the reason
     */
    public record Result(List<DeadLetterRecord> sent, List<Kept> kept) {
        public Result {
            sent = List.copyOf(sent);
            kept = List.copyOf(kept);
        }
    }

    /**
     * A letter that stays where it is.
     *
     * @param letter which
     * @param reason why
     */
    public record Kept(DeadLetterRecord letter, String reason) {}

    /** What {@link #run} would do. */
    public Result plan(DeadLetterFilter filter) {
        try (DeadLetters letters = new DeadLetters(config)) {
            return select(letters.list(filter));
        }
    }

    /**
     * Sends the letters that are meant and have not been sent yet.
     *
     * @throws OperationException if the broker refuses, or another replay began meanwhile; what was
     *     sent before is marked
     */
    public Result run(DeadLetterFilter filter) {
        KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings(), new ByteArraySerializer(), new ByteArraySerializer());
        try (DeadLetters letters = new DeadLetters(config)) {
            // Before reading: what an earlier replay had under way is finished or undone by this.
            producer.initTransactions();
            Result result = select(letters.list(filter));
            Sending sending = new Sending(producer);
            letters.read(result.sent(), sending::send);
            sending.commit();
            return result;
        } catch (ProducerFencedException e) {
            throw new OperationException(
                    "another replay of "
                            + config.topics().deadLetters()
                            + " has begun and goes on alone; run this again when it is done",
                    e);
        } catch (KafkaException e) {
            throw new OperationException("the broker refuses the replay: " + e.getMessage(), e);
        } finally {
            producer.close(CLOSE);
        }
    }

    private Result select(List<DeadLetterRecord> meant) {
        List<DeadLetterRecord> sent = new ArrayList<>();
        List<Kept> kept = new ArrayList<>();
        for (DeadLetterRecord letter : meant) {
            if (letter.replayed()) {
                continue;
            }
            if (!letter.topic().equals(config.topics().images())) {
                kept.add(
                        new Kept(
                                letter,
                                "from topic "
                                        + letter.topic()
                                        + ", which is not topics.images = "
                                        + config.topics().images()));
            } else if (letter.bytes() == 0) {
                kept.add(new Kept(letter, "holds no image: " + letter.detail()));
            } else {
                sent.add(letter);
            }
        }
        return new Result(sent, kept);
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = Clients.properties(config);
        settings.put(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                "kiln-dlq-replay-" + config.topics().deadLetters());
        settings.put(
                ProducerConfig.MAX_BLOCK_MS_CONFIG, config.kafka().connectTimeout().toMillis());
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topic.MAX_RECORD_BYTES);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 2L * Topic.MAX_RECORD_BYTES);
        return new HashMap<>(settings);
    }

    /** Sends in transactions of bounded size. */
    private final class Sending {
        private final KafkaProducer<byte[], byte[]> producer;
        private int records;
        private long bytes;

        private Sending(KafkaProducer<byte[], byte[]> producer) {
            this.producer = producer;
        }

        private void send(ConsumerRecord<byte[], byte[]> letter) {
            if (records == 0) {
                producer.beginTransaction();
            }
            ProducerRecord<byte[], byte[]> image =
                    new ProducerRecord<>(config.topics().images(), letter.key(), letter.value());
            image.headers()
                    .add(DeadLetterHeaders.REPLAY_OF, ascii(DeadLetterRecord.of(letter).origin()));
            producer.send(image, (metadata, failure) -> {});
            ProducerRecord<byte[], byte[]> mark =
                    new ProducerRecord<>(letter.topic(), letter.partition(), null, null);
            mark.headers().add(DeadLetterHeaders.REPLAYED, ascii(Long.toString(letter.offset())));
            producer.send(mark, (metadata, failure) -> {});
            records++;
            bytes += letter.value().length;
            if (records == MOST_RECORDS || bytes >= Topic.MAX_RECORD_BYTES) {
                commit();
            }
        }

        /** Fails if any of the records could not be written. */
        private void commit() {
            if (records > 0) {
                producer.commitTransaction();
                records = 0;
                bytes = 0;
            }
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }
}
