package io.kiln.ingest;

import java.io.InputStream;
import java.util.List;

/**
 * Images from somewhere, one after the other in an order that is the same every time. Read as a
 * stream: at no time is more than one image in memory.
 */
public interface ImageSource {
    /** {@link #inputBytes()} of a source that cannot know. */
    long UNKNOWN = -1;

    /**
     * Shows every file that may be an image, and names what could not be read. Problems with one
     * file or archive do not end the visit.
     *
     * @throws InterruptedException if the thread is asked to stop
     * @throws IngestException if the source as a whole cannot be used
     */
    void visit(Visitor visitor) throws InterruptedException;

    /**
     * Sum of what {@link Visitor#consumed} will be told by a whole visit, in bytes, or {@link
     * #UNKNOWN}. May have to walk a tree; stops early with {@link #UNKNOWN} if the thread is
     * interrupted.
     */
    long inputBytes();

    /** Takes what a source finds. Called by one thread. */
    interface Visitor {
        /**
         * A file that may be an image.
         *
         * @param content its bytes, possibly many more than an image has; readable during the call
         *     only, closed by the source. Corrupt archives make it throw while it is read
         */
        void candidate(Origin origin, InputStream content) throws InterruptedException;

        /** Something that could not be read. */
        void refused(Refusal refusal);

        /** A hidden file or folder, or a hidden member of an archive, which is passed over. */
        void hidden();

        /** Columns of tables that are wanted; empty for the one that holds images. */
        default List<String> tableColumns() {
            return List.of();
        }

        /** Nothing new is there at the moment; the source goes on to wait. */
        default void idle() throws InterruptedException {}

        /** Progress: this many more bytes of the input, as it is stored, are done. */
        void consumed(long inputBytes);
    }
}
