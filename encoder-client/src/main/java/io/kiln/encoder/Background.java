package io.kiln.encoder;

import com.sun.jna.Function;
import com.sun.jna.Platform;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that take of the processors what others leave: a tenth of a core's time beside a busy
 * thread, and a whole core beside an idle one. So requests take as long while an encoder loads as
 * at other times. Threads that such a thread starts, as libtorch does, are the same.
 */
final class Background {
    private static final Logger LOG = LoggerFactory.getLogger(Background.class);
    private static final int PROCESS = 0; // Linux takes it for a thread
    private static final int CALLING_THREAD = 0;
    private static final int NICENESS = 10; // 19 would let a load take minutes on a busy machine

    private Background() {}

    /** A daemon thread in the background, not started. An ordinary one where there is no Linux. */
    static Thread thread(Runnable work, String name) {
        Thread thread =
                new Thread(
                        () -> {
                            enter();
                            work.run();
                        },
                        name);
        thread.setDaemon(true);
        return thread;
    }

    /** Waits for the end of a thread, also if the calling thread is interrupted. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void enter() {
        if (!Platform.isLinux()) {
            return; // elsewhere setpriority(2) is of the whole process
        }
        try {
            Function.getFunction("c", "setpriority")
                    .invokeInt(new Object[] {PROCESS, CALLING_THREAD, NICENESS});
        } catch (LinkageError | RuntimeException e) {
            LOG.info("encoders load at the priority of all threads: {}", e.toString());
        }
    }
}
