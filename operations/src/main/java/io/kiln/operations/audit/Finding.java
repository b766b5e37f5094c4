package io.kiln.operations.audit;

/**
 * Something that should not be.
 *
 * @param kind what sort of thing
 * @param place where: a topic with partition and offsets, or a file
 * @param message what was found and what was expected
 */
public record Finding(Kind kind, String place, String message) {
    /** What sort of thing is wrong. */
    public enum Kind {
        /** Something that was committed is not followed by what must come of it. */
        LOST,
        /** Something is there more than once. */
        DUPLICATED,
        /** A record that nothing accounts for, or that contradicts another. */
        UNEXPLAINED,
        /** Records were deleted before their time. */
        DELETED,
        /** A file of a checkpoint is not there. */
        MISSING,
        /** A file of a checkpoint is not what its event says. */
        CORRUPT
    }

    /** Names one offset. */
    static String place(String topic, int partition, long offset) {
        return topic + "/" + partition + "@" + offset;
    }

    /** Names a range of offsets, both ends included. */
    static String place(String topic, int partition, long first, long last) {
        return first == last
                ? place(topic, partition, first)
                : place(topic, partition, first) + "-" + last;
    }
}
