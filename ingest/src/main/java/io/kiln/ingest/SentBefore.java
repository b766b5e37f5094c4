package io.kiln.ingest;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What a named run has sent, by identity, so that a run that was killed can be started again
 * without sending anything twice. The topic itself is the record of it: the offsets at which the
 * run first began are kept in Kafka, see {@link RunOffsets}, and what lies behind them is read
 * again. What the broker stored is known that way even if its answer never arrived.
 *
 * <p>Takes about 100 bytes of memory an image. Not thread-safe.
 */
public final class SentBefore implements AutoCloseable {
    private static final int HEX_DIGITS_OF_SHA256 = 64;
    private static final Duration BETWEEN_RENEWALS = Duration.ofMinutes(5);

    /** The first 128 bits of a SHA-256. */
    private record Identity(long high, long low) {}

    /** How often each image has been sent that is still to be passed over. */
    private final Map<Identity, Integer> times = new HashMap<>();

    private final @Nullable RunOffsets offsets;
    private final boolean repeats;

    private SentBefore(@Nullable RunOffsets offsets, boolean repeats) {
        this.offsets = offsets;
        this.repeats = repeats;
    }

    /** For a run without a name: nothing is known, and nothing is remembered. */
    public static SentBefore nothing() {
        return new SentBefore(null, false);
    }

    /**
     * Reads what the run of this name has sent, or begins it. Each image is to be sent once.
     *
     * @param run its name
     * @throws IngestException if the broker does not answer, or has deleted some of it
     */
    public static SentBefore ofRun(KilnConfig config, String run) {
        return read(config, run, false);
    }

    /** The same for {@link Rounds}: an image is to be sent as often as it is found. */
    public static SentBefore ofRounds(KilnConfig config, String run) {
        return read(config, run, true);
    }

    private static SentBefore read(KilnConfig config, String run, boolean repeats) {
        RunOffsets offsets = new RunOffsets(config.kafka(), run, BETWEEN_RENEWALS);
        try {
            SentBefore sent = new SentBefore(offsets, repeats);
            sent.read(config, run, offsets);
            return sent;
        } catch (RuntimeException e) {
            offsets.close();
            throw e;
        }
    }

    private void read(KilnConfig config, String run, RunOffsets offsets) {
        Duration timeout = config.kafka().connectTimeout();
        // With an open transaction of another sender, this run's records may lie behind it.
        try (TopicReader reader =
                TopicReader.uncommitted(Map.copyOf(config.kafka().clientProperties()), timeout)) {
            Extent all = reader.extent(config.topics().images());
            Map<TopicPartition, Long> begins = offsets.read(all.ends().keySet());
            if (begins.isEmpty()) {
                offsets.keep(all.ends());
            } else {
                requireKept(run, begins, all.begins());
                offsets.keep(begins);
                // A partition that was added after the run began is read from its beginning.
                reader.read(all.from(begins), this::stored);
            }
        } catch (ExecutionException e) {
            throw failed(config, e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(config, e);
        } catch (KafkaException | BrokerException e) {
            throw failed(config, e);
        }
    }

    private static void requireKept(
            String run, Map<TopicPartition, Long> begins, Map<TopicPartition, Long> kept) {
        begins.forEach(
                (partition, begin) -> {
                    if (kept.getOrDefault(partition, 0L) > begin) {
                        throw new IngestException(
                                "run "
                                        + run
                                        + " began at offset "
                                        + begin
                                        + " of "
                                        + partition
                                        + ", but the topic begins at "
                                        + kept.get(partition)
                                        + ": what was sent first has been deleted, so Kiln cannot"
                                        + " know which images were sent. Use another name to send"
                                        + " all again");
                    }
                });
    }

    private void stored(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() != null) {
            identity(new String(record.key(), StandardCharsets.UTF_8))
                    .ifPresent(identity -> times.merge(identity, 1, Integer::sum));
        }
    }

    /**
     * Takes note of an image.
     *
     * @param imageId SHA-256 in hexadecimal
     * @return false if the run has sent it before
     */
    boolean add(String imageId) {
        Optional<Identity> identity = offsets == null ? Optional.empty() : identity(imageId);
        if (identity.isEmpty()) {
            return true;
        }
        if (repeats) {
            int left = times.getOrDefault(identity.get(), 0);
            times.put(identity.get(), Math.max(0, left - 1));
            return left == 0;
        }
        return times.putIfAbsent(identity.get(), 1) == null;
    }

    /** Empty of another sender's key. */
    private static Optional<Identity> identity(String imageId) {
        if (imageId.length() != HEX_DIGITS_OF_SHA256) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new Identity(
                            HexFormat.fromHexDigitsToLong(imageId, 0, 16),
                            HexFormat.fromHexDigitsToLong(imageId, 16, 32)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static IngestException failed(KilnConfig config, Throwable reason) {
        return new IngestException(
                "the Kafka broker at "
                        + config.kafka().bootstrapServers()
                        + " did not report what the run has sent before: "
                        + reason.getMessage(),
                reason);
    }

    /** The run has ended: the broker forgets where it began, after a week if not told otherwise. */
    @Override
    public void close() {
        if (offsets != null) {
            offsets.close();
        }
    }
}
