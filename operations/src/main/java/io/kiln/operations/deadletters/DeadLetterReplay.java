package io.kiln.operations.deadletters;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.OpenTransactions;
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
 * Sends dead letters to the images topic again, each exactly once. Keys and values stay as they
 * were, so images keep their identity. One transaction writes the image and a mark in the
 * dead-letter topic, so that a killed replay never leaves one without the other. A second replay of
 * the same topic fences off the first and reads its marks before it starts.
 */
public final class DeadLetterReplay {
    private static final int MAX_TRANSACTION_RECORDS = 500;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private final KilnConfig config;

    public DeadLetterReplay(KilnConfig config) {
        this.config = config;
    }

    /**
     * What a replay sent, or would send.
     *
     * @param sent dead letters that were sent, or would be in a dry run
     * @param kept selected dead letters that cannot be sent, with the reason
     */
    public record Result(List<DeadLetterRecord> sent, List<Kept> kept) {
        public Result {
            sent = List.copyOf(sent);
            kept = List.copyOf(kept);
        }
    }

    /**
     * A dead letter that cannot be sent.
     *
     * @param deadLetter the dead letter
     * @param reason why it cannot be sent
     */
    public record Kept(DeadLetterRecord deadLetter, String reason) {}

    /** Returns what {@link #run} would do. */
    public Result plan(DeadLetterFilter filter) {
        try (DeadLetters deadLetters = new DeadLetters(config)) {
            return select(deadLetters.list(filter));
        }
    }

    /**
     * Sends the selected dead letters that have not been sent yet, and waits until readers see
     * them.
     *
     * @throws OperationException if the broker refuses, or another replay has started; what this
     *     one sent before is marked
     */
    public Result run(DeadLetterFilter filter) {
        KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings(), new ByteArraySerializer(), new ByteArraySerializer());
        try (DeadLetters deadLetters = new DeadLetters(config)) {
            // Before reading: this commits or aborts the transaction of an earlier replay.
            producer.initTransactions();
            Result result = select(deadLetters.list(filter));
            Sending sending = new Sending(producer);
            deadLetters.read(result.sent(), sending::send);
            sending.commit();
            OpenTransactions.awaitCommitted(config, transactionalId());
            return result;
        } catch (ProducerFencedException e) {
            throw new OperationException(
                    "another replay of "
                            + config.topics().deadLetters()
                            + " has started and takes over; run this command again when it has finished",
                    e);
        } catch (KafkaException e) {
            RuntimeException refused =
                    Clients.refused(config, e, "transactional id " + transactionalId());
            throw new OperationException(
                    "the broker refused the replay: " + refused.getMessage(), refused);
        } finally {
            producer.close(CLOSE_TIMEOUT);
        }
    }

    private Result select(List<DeadLetterRecord> selected) {
        List<DeadLetterRecord> sent = new ArrayList<>();
        List<Kept> kept = new ArrayList<>();
        for (DeadLetterRecord deadLetter : selected) {
            if (deadLetter.replayed()) {
                continue;
            }
            if (!deadLetter.topic().equals(config.topics().images())) {
                kept.add(
                        new Kept(
                                deadLetter,
                                "from topic "
                                        + deadLetter.topic()
                                        + ", which is not topics.images = "
                                        + config.topics().images()));
            } else if (deadLetter.bytes() == 0) {
                kept.add(new Kept(deadLetter, "holds no image: " + deadLetter.detail()));
            } else {
                sent.add(deadLetter);
            }
        }
        return new Result(sent, kept);
    }

    private String transactionalId() {
        return "kiln-dlq-replay-" + config.topics().deadLetters();
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = Clients.properties(config);
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId());
        settings.put(
                ProducerConfig.MAX_BLOCK_MS_CONFIG, config.kafka().connectTimeout().toMillis());
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topic.MAX_RECORD_BYTES);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 2L * Topic.MAX_RECORD_BYTES);
        return new HashMap<>(settings);
    }

    /** Sends records in transactions of bounded size. */
    private final class Sending {
        private final KafkaProducer<byte[], byte[]> producer;
        private int records;
        private long bytes;

        private Sending(KafkaProducer<byte[], byte[]> producer) {
            this.producer = producer;
        }

        private void send(ConsumerRecord<byte[], byte[]> deadLetter) {
            if (records == 0) {
                producer.beginTransaction();
            }
            ProducerRecord<byte[], byte[]> image =
                    new ProducerRecord<>(
                            config.topics().images(), deadLetter.key(), deadLetter.value());
            image.headers()
                    .add(
                            DeadLetterHeaders.REPLAY_OF,
                            utf8(DeadLetterRecord.of(deadLetter).origin()));
            producer.send(image, (metadata, failure) -> {});
            ProducerRecord<byte[], byte[]> mark =
                    new ProducerRecord<>(deadLetter.topic(), deadLetter.partition(), null, null);
            mark.headers()
                    .add(DeadLetterHeaders.REPLAYED, utf8(Long.toString(deadLetter.offset())));
            producer.send(mark, (metadata, failure) -> {});
            records++;
            bytes += deadLetter.value().length;
            if (records == MAX_TRANSACTION_RECORDS || bytes >= Topic.MAX_RECORD_BYTES) {
                commit();
            }
        }

        /** Commits; fails if any record could not be written. */
        private void commit() {
            if (records > 0) {
                producer.commitTransaction();
                records = 0;
                bytes = 0;
            }
        }

        private static byte[] utf8(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }
}
