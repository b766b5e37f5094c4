package io.kiln.ingest;

import io.kiln.ingest.ImageSource.Visitor;

/** Tells a visitor how much of one file is done, never more than all of it. */
final class Consumption {
    private final Visitor visitor;
    private final long length;
    private long told;

    /**
     * @param length of the file, in bytes
     */
    Consumption(Visitor visitor, long length) {
        this.visitor = visitor;
        this.length = length;
    }

    void upTo(long position) {
        long reached = Math.min(position, length);
        if (reached > told) {
            visitor.consumed(reached - told);
            told = reached;
        }
    }

    void add(long bytes) {
        upTo(told + bytes);
    }

    void all() {
        upTo(length);
    }
}
