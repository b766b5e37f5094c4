package io.kiln.local;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A Java program in a process of its own. It ends when this JVM ends, and writes its output to a
 * log file.
 */
public final class ManagedProcess implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final int LOG_LINES_SHOWN = 15;

    private final String name;
    private final Process process;
    private final Path log;

    private ManagedProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * Starts a program.
     *
     * @param name of the program in messages
     * @param jvmOptions options of its JVM
     * @param classPath its class path, to which this module's classes are added
     * @param mainClass its main class
     * @param arguments its arguments
     * @param workingDirectory where it runs
     * @param log file its output is appended to
     */
    public static ManagedProcess start(
            String name,
            List<String> jvmOptions,
            String classPath,
            String mainClass,
            List<String> arguments,
            Path workingDirectory,
            Path log) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.add("-cp");
        command.add(classPath + File.pathSeparator + ownClasses());
        command.add(ChildMain.class.getName());
        command.add(mainClass);
        command.addAll(arguments);
        try {
            Files.createDirectories(workingDirectory);
            Process process =
                    new ProcessBuilder(command)
                            .directory(workingDirectory.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start();
            return new ManagedProcess(name, process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot start " + name + " in " + workingDirectory + ": " + e.getMessage(), e);
        }
    }

    private static String ownClasses() {
        return Path.of(
                        java.net.URI.create(
                                ManagedProcess.class
                                        .getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation()
                                        .toString()))
                .toString();
    }

    /**
     * Waits until a condition holds.
     *
     * @throws IllegalStateException if the process ends before, or the time is over; the message
     *     has the end of the log
     */
    public void await(BooleanSupplier ready, Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!ready.getAsBoolean()) {
            if (!process.isAlive()) {
                throw new IllegalStateException(
                        name
                                + " ended with exit code "
                                + process.exitValue()
                                + " before it was ready; "
                                + endOfLog());
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        name + " was not ready after " + atMost.toSeconds() + " s; " + endOfLog());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for " + name, e);
            }
        }
    }

    private String endOfLog() {
        try {
            List<String> lines = Files.readAllLines(log);
            List<String> end =
                    lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size());
            return "the end of "
                    + log
                    + ":"
                    + System.lineSeparator()
                    + String.join(System.lineSeparator(), end);
        } catch (IOException e) {
            return "its log is " + log;
        }
    }

    /** Whether the process runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Process id. */
    public long pid() {
        return process.pid();
    }

    /** Ends the process at once, as kill -9 does, and waits until it is gone. */
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Asks the process to end, and kills it after ten seconds. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(GRACE.toSeconds(), TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }
}
