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

    /** Resources that a shutdown hook closes, if nothing else does before. */
    static Resources closedWithTheProcess() {
        Resources resources = new Resources();
        Runtime.getRuntime().addShutdownHook(new Thread(resources::close, "close-the-demo"));
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

    /**
     * Whether the process was asked to end, by Ctrl-C or a signal. This holds before any shutdown
     * hook runs: those of libraries may break the demo before its own has begun.
     */
    static boolean askedToEnd() {
        Thread hook = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            Runtime.getRuntime().removeShutdownHook(hook);
            return false;
        } catch (IllegalStateException e) { // the process ends
            return true;
        }
    }

    /** Whether closing has begun or will at once; failures from then on are its consequences. */
    boolean closing() {
        return closing || askedToEnd();
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
