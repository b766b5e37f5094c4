package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.util.Map;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells why a source did not find the record that comes next: retention has deleted it, the broker
 * has lost it, or another topic has the name now. No restart brings it back, so the job ends.
 */
final class MissingRecords {
    private static final Logger LOG = LoggerFactory.getLogger(MissingRecords.class);

    private final KilnConfig config;
    private final String topic;
    private final String advice;
    private @Nullable String id;

    /**
     * @param advice how to go on without the records, a sentence
     */
    MissingRecords(KilnConfig config, String topic, String advice) {
        this.config = config;
        this.topic = topic;
        this.advice = advice;
    }

    /** Notes which topic is read from now on. Without a broker's answer, it stays unknown. */
    void noteTopic() {
        try (TopicIdentity identity = new TopicIdentity(config, topic, advice)) {
            id = identity.current();
        } catch (BrokerException e) {
            LOG.warn("the id of {} is not known: {}", topic, e.getMessage());
        }
    }

    /**
     * Looks whether records are missing that a consumer did not find. Returns if not, and if the
     * broker does not tell: the job restarts then, and looks again.
     *
     * @throws NonRecoverableJobException if they are
     */
    void requireNone(OffsetOutOfRangeException failure) {
        try {
            if (id != null) {
                requireSameTopic(id);
            }
            Extent extent = extent();
            failure.offsetOutOfRangePartitions()
                    .forEach((partition, next) -> require(partition, next, extent, failure));
        } catch (BrokerException e) {
            LOG.warn("what {} holds is not known: {}", topic, e.getMessage());
        }
    }

    private void requireSameTopic(String noted) {
        try (TopicIdentity identity = new TopicIdentity(config, topic, advice)) {
            identity.require(noted);
        }
    }

    private Extent extent() {
        try (TopicReader reader = Clients.uncommittedReader(config)) {
            return reader.extent(topic);
        }
    }

    private void require(
            TopicPartition partition, long next, Extent extent, OffsetOutOfRangeException failure) {
        long begin = of(extent.begins(), partition);
        long end = of(extent.ends(), partition);
        String missing;
        if (next < begin) {
            missing =
                    "The records from "
                            + next
                            + " to "
                            + (begin - 1)
                            + " were deleted before they were read. Let the topic keep its records (retention.ms of the"
                            + " topic) for longer than the job may lag or be down";
        } else if (next > end) {
            missing =
                    "The broker has lost the records from "
                            + end
                            + " to "
                            + (next - 1)
                            + ", which this job has read: by a lost disk, a backup or an unclean election of a leader";
        } else if (failure instanceof LogTruncationException) {
            missing =
                    "The broker has lost records that this job has read, and other records have their offsets now";
        } else {
            return;
        }
        throw new NonRecoverableJobException(
                partition.topic()
                        + " partition "
                        + partition.partition()
                        + (begin == end
                                ? " holds no record, and its next one has offset " + end
                                : " holds offsets " + begin + " to " + (end - 1))
                        + ", but this job continues at offset "
                        + next
                        + ". "
                        + missing
                        + ". "
                        + advice);
    }

    /** The offset of a partition; 0 of one that the broker does not have. */
    static long of(Map<TopicPartition, Long> offsets, TopicPartition partition) {
        return offsets.getOrDefault(partition, 0L);
    }
}
