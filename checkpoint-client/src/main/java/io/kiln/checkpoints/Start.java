package io.kiln.checkpoints;

import io.kiln.schemas.TopicReader.Extent;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** The event that a {@link CheckpointSubscriber} begins with. */
public final class Start {
    /** With the first event that the topic holds. */
    public static final Start BEGINNING = new Start(0, 0);

    /** With the next event to be committed. */
    public static final Start END = new Start(-1, 0);

    /**
     * With the version of each model that should be in use, see {@link CurrentVersion}, and then
     * with the next event to be committed.
     */
    public static final Start CURRENT = new Start(-2, 0);

    private final long offset;
    private final long version;

    private Start(long offset, long version) {
        this.offset = offset;
        this.version = version;
    }

    /** The version to begin with; 0 for any. */
    long version() {
        return version;
    }

    Map<TopicPartition, Long> in(Extent topic) {
        if (equals(END) || equals(CURRENT)) {
            return topic.ends();
        }
        return offset == 0
                ? topic.begins()
                : topic.from(Map.of(topic.begins().keySet().iterator().next(), offset)).begins();
    }

    /** With the first event of this version or a later one; all after it follow. */
    public static Start version(long version) {
        if (version < 1) {
            throw new IllegalArgumentException(
                    "version: " + version + " is not allowed; expected 1 or more");
        }
        return new Start(0, version);
    }

    /** With the event after one that was seen before, see {@link CommittedEvent#offset}. */
    public static Start after(long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException(
                    "offset: " + offset + " is not allowed; expected 0 or more");
        }
        return new Start(offset + 1, 0);
    }
}
