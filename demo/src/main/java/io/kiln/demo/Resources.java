package io.kiln.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must be closed, however the demo ends; the last opened first. Also closes when the process
 * is asked to end.
 */
final class Resources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Resources.class);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private volatile boolean closing;

    /** Makes the end of the process close everything. */
    static Resources closedWithTheProcess() {
        Resources resources = new Resources();
        Runtime.getRuntime().addShutdownHook(new Thread(resources::close, "close-the-demo"));
        return resources;
    }

    /**
     * Keeps something to be closed; closes it at once if everything else has been already.
     *
     * @return the same
     */
    synchronized <T extends AutoCloseable> T add(T resource) {
        opened.push(resource);
        if (closing) {
            close();
        }
        return resource;
    }

    /** Whether the end has begun: failures seen from now on are its consequences. */
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
