package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.metrics.MetricGroup;

/**
 * What training takes of its machine: the memory of the process, which Flink does not know because
 * most of it is libtorch's, that of a GPU, and room on the disks that it writes to. Read when
 * somebody asks.
 */
final class MachineMetrics {
    private static final Path STATUS = Path.of("/proc/self/status"); // Linux alone has it
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private MachineMetrics() {}

    /** Registers all that this machine can tell, once for an operator. */
    static void register(MetricGroup operator, KilnConfig config) {
        MetricGroup group = operator.addGroup(TrainingMetric.GROUP);
        if (Files.isReadable(STATUS)) {
            TrainingMetric.RESIDENT_BYTES.gauge(group, MachineMetrics::residentBytes);
        }
        DeviceMemory.of(config.training().device())
                .ifPresent(
                        memory -> {
                            TrainingMetric.DEVICE_USED_BYTES.gauge(group, memory::usedBytes);
                            TrainingMetric.DEVICE_BYTES.gauge(group, memory::totalBytes);
                        });
        disk(group, "artifacts", config.checkpoints().artifacts());
        disk(group, "checkpoints", config.flink().checkpointDirectory());
    }

    private static long residentBytes() {
        try {
            Matcher resident = RESIDENT.matcher(Files.readString(STATUS));
            return resident.find() ? Long.parseLong(resident.group(1)) * 1024 : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private static void disk(MetricGroup group, String name, String uri) {
        if (!uri.startsWith("file:")) {
            return; // in a store that has no end
        }
        Path folder = Path.of(URI.create(uri));
        MetricGroup disk = group.addGroup("folder", name);
        TrainingMetric.DISK_FREE_BYTES.gauge(
                disk, () -> existing(folder).toFile().getUsableSpace());
        TrainingMetric.DISK_BYTES.gauge(disk, () -> existing(folder).toFile().getTotalSpace());
    }

    /** The folder, or the nearest one above it that exists. */
    private static Path existing(Path folder) {
        Path found = folder;
        while (!Files.exists(found) && found.getParent() != null) {
            found = found.getParent();
        }
        return found;
    }
}
