package io.kiln.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes resources in reverse order of their opening, however the demo ends. A shutdown hook closes
 * them when the process is asked to end.
 */
final class Resources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Resources.class);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private volatile boolean closing;
    private volatile boolean askedToEnd;

    /** Resources that a shutdown hook closes, if nothing else does before. */
    static Resources closedWithTheProcess() {
        Resources resources = new Resources();
        Runtime.getRuntime().addShutdownHook(new Thread(resources::end, "close-the-demo"));
        return resources;
    }

    /**
     * Adds a resource; closes it at once if the others have been closed already.
     *
     * @return the resource
     */
    synchronized <T extends AutoCloseable> T add(T resource) {
        opened.push(resource);
        if (closing) {
            close();
        }
        return resource;
    }

    private void end() {
        askedToEnd = true;
        close();
    }

    /** Whether the process was asked to end, by Ctrl-C or a signal, and has not ended by itself. */
    boolean askedToEnd() {
        return askedToEnd;
    }

    /** Whether closing has begun; failures from then on are its consequences. */
    boolean closing() {
        return closing;
    }

    @Override
    public synchronized void close() {
        closing = true;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                LOG.warn("not closed cleanly", e);
            }
        }
    }
}
