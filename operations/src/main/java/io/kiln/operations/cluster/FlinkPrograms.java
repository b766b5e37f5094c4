package io.kiln.operations.cluster;

import io.kiln.local.FlinkCluster;
import io.kiln.operations.Installation;
import io.kiln.operations.OperationException;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The programs of a local Flink cluster: the libraries of the command without those of Kiln. */
public final class FlinkPrograms {
    /**
     * Libraries that the jobs bring along, or that do not belong on a cluster. local-cluster does:
     * it holds the reporter for Prometheus.
     */
    private static final List<String> EXCLUDED =
            List.of(
                    "avro-",
                    "cli-",
                    "checkpoint-client-",
                    "config-",
                    "flink-connector-kafka-",
                    "demo-",
                    "evaluation-job-",
                    "images-",
                    "operations-",
                    "verification-",
                    "annotations-",
                    "kotlin-",
                    "webp-imageio-",
                    "ingest-",
                    "jackson-",
                    "kafka",
                    "masking-job-",
                    "model-",
                    "schema",
                    "training-job-",
                    "picocli-");

    private FlinkPrograms() {}

    /**
     * The programs of an installation, with the options of this JVM.
     *
     * @throws OperationException if it is not built
     */
    public static FlinkCluster.Programs of(Installation installation) {
        String classPath =
                installation.libraries().stream()
                        .filter(FlinkPrograms::isIncluded)
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
        return new FlinkCluster.Programs(classPath, jvmOptions());
    }

    private static boolean isIncluded(Path jar) {
        String name = String.valueOf(jar.getFileName());
        return EXCLUDED.stream().noneMatch(name::startsWith);
    }

    /** The options for Flink and DJL that the launcher gave this JVM. */
    static List<String> jvmOptions() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(a -> a.startsWith("--add-") || a.startsWith("-Dai.djl."))
                .toList();
    }
}
