package io.kiln.operations.cluster;

import io.kiln.local.FlinkCluster;
import io.kiln.operations.Installation;
import io.kiln.operations.OperationException;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** What a Flink cluster of this installation runs: the command's libraries without Kiln. */
public final class FlinkPrograms {
    /** Libraries of the command that come with the jobs, or do not belong to a cluster at all. */
    private static final List<String> NOT_FLINKS =
            List.of(
                    "avro-",
                    "cli-",
                    "checkpoint-client-",
                    "config-",
                    "flink-connector-kafka-",
                    "demo-",
                    "images-",
                    "operations-",
                    "verification-",
                    "imageio-",
                    "common-",
                    "ingest-",
                    "jackson-",
                    "kafka",
                    "local-cluster-",
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
                        .filter(FlinkPrograms::isFlinks)
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
        return new FlinkCluster.Programs(classPath, jvmOptions());
    }

    private static boolean isFlinks(Path jar) {
        String name = String.valueOf(jar.getFileName());
        return NOT_FLINKS.stream().noneMatch(name::startsWith);
    }

    /** What Flink and DJL need of a JVM, as this one was given it by the launcher. */
    static List<String> jvmOptions() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(a -> a.startsWith("--add-") || a.startsWith("-Dai.djl."))
                .toList();
    }
}
