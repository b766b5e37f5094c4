package io.kiln.verification.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What this process has used, as the operating system counts it. */
public final class ProcessUsage {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private ProcessUsage() {}

    /** CPU time of all threads in nanoseconds, counted in ticks of 10 ms. */
    static long cpuNanos() {
        return SYSTEM.getProcessCpuTime();
    }

    /** Largest resident set since the process began, in MiB. */
    public static long peakResidentMebibytes() {
        return status("VmHWM:");
    }

    /** Resident set now, in MiB. */
    public static long residentMebibytes() {
        return status("VmRSS:");
    }

    private static long status(String name) {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(name))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .findFirst()
                            .orElseThrow(
                                    () -> new IllegalStateException(STATUS + " has no " + name))
                    / 1024;
        } catch (IOException e) {
            throw new UncheckedIOException(STATUS + " could not be read; it is Linux's", e);
        }
    }
}
