package io.kiln.config;

import java.io.Serializable;

/**
 * Values of a file that the network sees as 0 and as 1.
 *
 * @param min seen as 0, as is all below
 * @param max seen as 1, as is all above; larger than min
 */
public record ValueRange(double min, double max) implements Serializable {
    /** As it is written in YAML. */
    @Override
    public String toString() {
        return "[" + min + ", " + max + "]";
    }
}
