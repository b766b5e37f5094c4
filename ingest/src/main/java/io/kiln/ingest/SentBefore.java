package io.kiln.ingest;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * What a named run has sent, by identity, so that a run that was killed can be started again
 * without sending anything twice. The topic itself is the record of it: the offsets at which the
 * run first began are kept in Kafka as those of the consumer group {@code kiln-ingest-NAME}, and
 * what lies behind them is read again. What the broker stored is known that way even if its answer
 * never arrived.
 *
 * <p>Takes about 100 bytes of memory an image. Not thread-safe.
 */
public final class SentBefore {
    private static final int HEX_DIGITS_OF_SHA256 = 64;

    /** The first 128 bits of a SHA-256. */
    private record Identity(long high, long low) {}

    private final Set<Identity> identities = new HashSet<>();
    private final boolean remember;

    private SentBefore(boolean remember) {
        this.remember = remember;
    }

    /** For a run without a name: nothing is known, and nothing is remembered. */
    public static SentBefore nothing() {
        return new SentBefore(false);
    }

    /**
     * Reads what the run of this name has sent, or begins it.
     *
     * @param run its name
     * @throws IngestException if the broker does not answer, or has deleted some of it
     */
    public static SentBefore ofRun(KilnConfig config, String run) {
        SentBefore sent = new SentBefore(true);
        String group = "kiln-ingest-" + run;
        Duration timeout = config.kafka().connectTimeout();
        // With an open transaction of another sender, this run's records may lie behind it.
        try (Admin admin = Admin.create(TopicCheck.adminSettings(config.kafka()));
                TopicReader reader =
                        TopicReader.uncommitted(
                                Map.copyOf(config.kafka().clientProperties()), timeout)) {
            Extent all = reader.extent(config.topics().images());
            Map<TopicPartition, Long> begins = begins(admin, group, all.ends().keySet());
            if (begins.isEmpty()) {
                begin(admin, group, all.ends());
            } else {
                requireKept(run, begins, all.begins());
                // A partition that was added after the run began is read from its beginning.
                reader.read(all.from(begins), sent::add);
            }
            return sent;
        } catch (ExecutionException e) {
            throw failed(config, e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(config, e);
        } catch (KafkaException | BrokerException e) {
            throw failed(config, e);
        }
    }

    private static Map<TopicPartition, Long> begins(
            Admin admin, String group, Set<TopicPartition> partitions)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> begins = new HashMap<>();
        admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach(
                        (partition, offset) -> {
                            if (offset != null && partitions.contains(partition)) {
                                begins.put(partition, offset.offset());
                            }
                        });
        return begins;
    }

    private static void begin(Admin admin, String group, Map<TopicPartition, Long> offsets)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> begins = new HashMap<>();
        offsets.forEach((partition, end) -> begins.put(partition, new OffsetAndMetadata(end)));
        admin.alterConsumerGroupOffsets(group, begins).all().get();
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
                                        + ": what was sent first has been deleted, so it cannot be"
                                        + " told from what was not. Use another name to send all"
                                        + " again");
                    }
                });
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() != null) {
            add(new String(record.key(), StandardCharsets.UTF_8));
        }
    }

    /**
     * Takes note of an image.
     *
     * @param imageId SHA-256 in hexadecimal
     * @return false if the run has sent it before
     */
    boolean add(String imageId) {
        if (!remember || imageId.length() != HEX_DIGITS_OF_SHA256) {
            return true;
        }
        try {
            return identities.add(
                    new Identity(
                            HexFormat.fromHexDigitsToLong(imageId, 0, 16),
                            HexFormat.fromHexDigitsToLong(imageId, 16, 32)));
        } catch (IllegalArgumentException e) {
            return true; // another sender's key
        }
    }

    private static IngestException failed(KilnConfig config, Throwable reason) {
        return new IngestException(
                "the Kafka broker at "
                        + config.kafka().bootstrapServers()
                        + " does not tell what the run has sent before: "
                        + reason.getMessage(),
                reason);
    }
}
