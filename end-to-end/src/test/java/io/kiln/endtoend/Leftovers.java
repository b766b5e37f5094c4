package io.kiln.endtoend;

import io.kiln.local.TestFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processes and data that a test run leaves behind when it is killed. */
final class Leftovers {
    private Leftovers() {}

    /**
     * Kills the processes that run in a folder, and deletes the folder. Processes end with the test
     * that started them, except those that it had frozen. Data has to go because ZooKeeper
     * remembers the old jobs, and these would take the slots that the next run waits for.
     */
    static void remove(Path folder) {
        ProcessHandle.allProcesses()
                .filter(process -> runsIn(folder, process))
                .forEach(Leftovers::kill);
        TestFolders.delete(folder);
    }

    private static boolean runsIn(Path folder, ProcessHandle process) {
        try {
            Path working = Path.of("/proc", Long.toString(process.pid()), "cwd");
            return Files.readSymbolicLink(working).startsWith(folder);
        } catch (IOException e) {
            return false; // it has ended, it belongs to another user, or this is not Linux
        }
    }

    private static void kill(ProcessHandle process) {
        process.destroyForcibly();
        process.onExit().join();
    }
}
