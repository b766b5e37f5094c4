package io.kiln.training.job;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory of a GPU, as NVIDIA's driver tells of it through {@code nvidia-smi}. Asked at most every
 * ten seconds, when somebody wants to know.
 */
final class DeviceMemory {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceMemory.class);
    private static final Pattern DEVICE = Pattern.compile("gpu(?::(\\d+))?");
    private static final Pattern ANSWER = Pattern.compile("\\s*(\\d+)\\s*,\\s*(\\d+)\\s*");
    private static final long MEBIBYTE = 1 << 20;
    private static final Duration FRESH = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /**
     * An answer.
     *
     * @param used bytes in use, by all processes
     * @param total bytes that there are
     */
    record Reading(long used, long total) {}

    private final String program;
    private final String id;
    private @Nullable Reading last;
    private long lastNanos;

    private DeviceMemory(String program, String id) {
        this.program = program;
        this.id = id;
    }

    /** The memory of training.device; empty for a CPU, and where nothing tells of it. */
    static Optional<DeviceMemory> of(String device) {
        return of("nvidia-smi", device);
    }

    /**
     * The same from another program.
     *
     * @param program that answers as nvidia-smi does
     */
    static Optional<DeviceMemory> of(String program, String device) {
        Matcher gpu = DEVICE.matcher(device);
        if (!gpu.matches()) {
            return Optional.empty();
        }
        int index = gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1));
        String visible = System.getenv().getOrDefault("CUDA_VISIBLE_DEVICES", "");
        DeviceMemory memory = new DeviceMemory(program, id(index, visible));
        return memory.reading() == null ? Optional.empty() : Optional.of(memory);
    }

    /**
     * What nvidia-smi, which shows all devices, calls one of those that CUDA shows.
     *
     * @param visible CUDA_VISIBLE_DEVICES: numbers or names, or nothing for all in their order
     */
    static String id(int index, String visible) {
        String[] devices = visible.split(",");
        return visible.isBlank() || index >= devices.length
                ? Integer.toString(index)
                : devices[index].strip();
    }

    /** In bytes; what was told last if the program no longer answers. */
    long usedBytes() {
        Reading reading = reading();
        return reading == null ? 0 : reading.used();
    }

    /** In bytes. */
    long totalBytes() {
        Reading reading = reading();
        return reading == null ? 0 : reading.total();
    }

    private synchronized @Nullable Reading reading() {
        if (last == null || System.nanoTime() - lastNanos > FRESH.toNanos()) {
            try {
                last = parsed(ask()).orElse(last);
            } catch (IOException e) {
                LOG.debug("{} does not report the GPU's memory", program, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            lastNanos = System.nanoTime();
        }
        return last;
    }

    private String ask() throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                program,
                                "--query-gpu=memory.used,memory.total",
                                "--format=csv,noheader,nounits",
                                "--id=" + id)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new IOException("no answer within " + PATIENCE.toSeconds() + " s");
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Two numbers in MiB; empty for anything else, such as "[N/A]" of a part of a GPU. */
    static Optional<Reading> parsed(String answer) {
        Matcher numbers = ANSWER.matcher(answer);
        return numbers.matches()
                ? Optional.of(
                        new Reading(
                                Long.parseLong(numbers.group(1)) * MEBIBYTE,
                                Long.parseLong(numbers.group(2)) * MEBIBYTE))
                : Optional.empty();
    }
}
