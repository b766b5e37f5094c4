package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How far jobs have come with their topics, as the brokers know it. */
public final class JobProgress implements AutoCloseable {
    private final KilnConfig config;
    private final Admin admin;

    /**
     * @throws io.kiln.schemas.BrokerException if no broker answers within kafka.connectTimeout
     */
    public JobProgress(KilnConfig config) {
        this.config = config;
        this.admin = Clients.admin(config);
    }

    /**
     * The offset of the first record of each partition that a job has not read, as of its last
     * Flink checkpoint. Partitions of which it has read nothing are absent.
     */
    public Map<TopicPartition, Long> next(KilnJob job) {
        Map<TopicPartition, OffsetAndMetadata> committed =
                Clients.answer(
                        admin.listConsumerGroupOffsets(job.group(config))
                                .partitionsToOffsetAndMetadata(),
                        config);
        Map<TopicPartition, Long> next = new HashMap<>();
        committed.forEach(
                (partition, offset) -> {
                    if (offset != null && partition.topic().equals(job.input(config))) {
                        next.put(partition, offset.offset());
                    }
                });
        return next;
    }

    /** The time of the newest record of a topic; empty if it holds none. */
    public Optional<Instant> newest(String topic) {
        int partitions =
                Clients.answer(admin.describeTopics(List.of(topic)).allTopicNames(), config)
                        .values()
                        .stream()
                        .mapToInt(described -> described.partitions().size())
                        .sum();
        Map<TopicPartition, OffsetSpec> wanted =
                IntStream.range(0, partitions)
                        .mapToObj(partition -> new TopicPartition(topic, partition))
                        .collect(Collectors.toMap(p -> p, p -> OffsetSpec.maxTimestamp()));
        return Clients.answer(admin.listOffsets(wanted).all(), config).values().stream()
                .map(ListOffsetsResultInfo::timestamp)
                .filter(time -> time >= 0)
                .max(Long::compare)
                .map(Instant::ofEpochMilli);
    }

    @Override
    public void close() {
        admin.close();
    }
}
