package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The held-out images that the topic holds when a job starts. A version waits until they have been
 * read, because it is evaluated once, and their order against the versions is not known. How far
 * they have been read is in Flink's keyed state, with one key.
 */
final class HeldOutBacklog {
    private static final Logger LOG = LoggerFactory.getLogger(HeldOutBacklog.class);

    /** Offsets that are looked at first for the last image: most others end transactions. */
    private static final long FIRST_LOOK = 16;

    /** Times that a version is held up while no image comes. */
    private static final int PATIENCE = 30;

    private final String topic;
    private final MapState<Integer, Long> read;

    /** Offset of the last image of each partition that holds one. */
    private final Map<Integer, Long> last;

    private boolean came;
    private int left = PATIENCE;

    /**
     * @throws io.kiln.schemas.BrokerException if no broker answers, or it has no such topic
     */
    HeldOutBacklog(KilnConfig config, RuntimeContext context) {
        this.topic = config.topics().holdout();
        this.read =
                context.getMapState(
                        new MapStateDescriptor<>("holdout-read", Types.INT, Types.LONG));
        this.last = lastImages(config);
    }

    private static Map<Integer, Long> lastImages(KilnConfig config) {
        Map<Integer, Long> last = new HashMap<>();
        try (TopicReader reader = Clients.reader(config)) {
            Extent all = reader.extent(config.topics().holdout());
            for (TopicPartition partition : all.ends().keySet()) {
                long begin = all.begins().getOrDefault(partition, 0L);
                long from = all.ends().getOrDefault(partition, 0L);
                for (long count = FIRST_LOOK;
                        from > begin && !last.containsKey(partition.partition());
                        count *= 2) {
                    long to = from;
                    from = Math.max(begin, from - count);
                    reader.read(
                            new Extent(Map.of(partition, from), Map.of(partition, to)),
                            record -> last.put(record.partition(), record.offset()));
                }
            }
        }
        return last;
    }

    /** A record of the topic has come. */
    void read(KafkaInput image) throws Exception {
        read.put(image.partition(), image.offset());
        came = true;
    }

    /**
     * Whether a version must wait for images.
     *
     * @param noImageYet whether no image has ever come
     */
    boolean holdsUp(long version, boolean noImageYet) throws Exception {
        boolean waits = noImageYet || waits();
        if (waits) {
            LOG.info("version {} waits for held-out images in {}", version, topic);
        }
        return waits;
    }

    /** Counts the looks without an image, and gives up after as many as patience allows. */
    private boolean waits() throws Exception {
        boolean unread = isUnread();
        left = came ? PATIENCE : left - 1;
        came = false;
        if (unread && left == 0) {
            LOG.warn(
                    "no more held-out images have come, although {} holds some that were not read;"
                            + " versions are evaluated on those that have come",
                    topic);
        }
        if (!unread || left == 0) {
            last.clear();
        }
        return !last.isEmpty();
    }

    private boolean isUnread() throws Exception {
        for (Map.Entry<Integer, Long> one : last.entrySet()) {
            Long offset = read.get(one.getKey());
            if (offset == null || offset < one.getValue()) {
                return true;
            }
        }
        return false;
    }
}
