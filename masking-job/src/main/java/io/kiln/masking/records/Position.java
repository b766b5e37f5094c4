package io.kiln.masking.records;

/**
 * Where a record of the images topic is. Everything random about its image is drawn from its
 * position.
 *
 * @param topic topic
 * @param partition partition, from 0
 * @param offset offset, from 0
 */
public record Position(String topic, int partition, long offset) {
    public Position {
        if (partition < 0 || offset < 0) {
            throw new IllegalArgumentException(
                    "partition "
                            + partition
                            + " and offset "
                            + offset
                            + " are not allowed; expected 0 or more");
        }
    }

    @Override
    public String toString() {
        return topic + "-" + partition + "@" + offset;
    }
}
