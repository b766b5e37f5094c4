package io.kiln.endtoend;

import com.sun.jna.Function;
import io.kiln.local.ManagedProcess;

/** Sends signals to processes within microseconds; a shell would be too slow. */
final class Signals {
    private static final Function KILL = Function.getFunction("c", "kill");
    private static final int STOP = 19;
    private static final int CONTINUE = 18;

    private Signals() {}

    /** Suspends a process until it is thawed or killed. */
    static void freeze(ManagedProcess process) {
        freeze(process.pid());
    }

    /** Suspends any process. */
    static void freeze(long pid) {
        send(pid, STOP);
    }

    /** Resumes a process. */
    static void thaw(ManagedProcess process) {
        send(process.pid(), CONTINUE);
    }

    private static void send(long pid, int signal) {
        if (KILL.invokeInt(new Object[] {(int) pid, signal}) != 0) {
            throw new IllegalStateException("signal " + signal + " did not reach process " + pid);
        }
    }
}
