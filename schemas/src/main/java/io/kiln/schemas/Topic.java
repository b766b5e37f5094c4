package io.kiln.schemas;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * One topic of the catalogue.
 *
 * @param name its name
 * @param partitions number of partitions
 * @param retention how long records are kept; null for ever
 * @param value schema of the values; null where they are plain bytes
 */
public record Topic(
        String name, int partitions, @Nullable Duration retention, @Nullable Schema value) {
    /** Largest record of any topic but dead letters, in bytes. */
    public static final int MAX_RECORD_BYTES = 32 * 1024 * 1024;

    /** Largest dead letter: the largest record of the images topic, and its headers. */
    public static final int MAX_DEAD_LETTER_BYTES = MAX_RECORD_BYTES + 64 * 1024;

    public Topic {
        if (partitions < 1) {
            throw new IllegalArgumentException(
                    "topic " + name + " needs at least one partition, not " + partitions);
        }
    }

    /** Subject of the values' schema, by the topic-name strategy. */
    public String subject() {
        return name + "-value";
    }

    NewTopic toNewTopic(int replication, int maxRecordBytes) {
        Map<String, String> settings = new HashMap<>();
        settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(maxRecordBytes));
        settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        settings.put(
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(retention == null ? -1 : retention.toMillis()));
        return new NewTopic(name, partitions, (short) replication).configs(settings);
    }
}
