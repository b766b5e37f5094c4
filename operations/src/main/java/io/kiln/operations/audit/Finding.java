package io.kiln.operations.audit;

/**
 * A violation of a guarantee.
 *
 * @param kind kind of the violation
 * @param place where it is: a topic with partition and offsets, or a file
 * @param message what was found, and what was expected
 */
public record Finding(Kind kind, String place, String message) {
    /** Kinds of violations. */
    public enum Kind {
        /** The result of a committed record is missing. */
        LOST,
        /** Something exists more than once. */
        DUPLICATED,
        /** A record has no origin, or contradicts another record. */
        UNEXPLAINED,
        /** Records were deleted before the retention time. */
        DELETED,
        /** A run passed over a batch without training on it. */
        SKIPPED,
        /** A checkpoint file does not exist. */
        MISSING,
        /** A checkpoint file does not match its event. */
        CORRUPT
    }

    /** The place of one offset. */
    static String place(String topic, int partition, long offset) {
        return topic + "/" + partition + "@" + offset;
    }

    /** The place of a range of offsets, inclusive. */
    static String place(String topic, int partition, long first, long last) {
        return first == last
                ? place(topic, partition, first)
                : place(topic, partition, first) + "-" + last;
    }
}
