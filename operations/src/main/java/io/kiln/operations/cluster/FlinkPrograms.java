package io.kiln.operations.cluster;

import io.kiln.local.FlinkCluster;
import io.kiln.operations.OperationException;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
     * Programs from the folder that the launcher names in -Dkiln.home, with this JVM's options.
     *
     * @throws OperationException if Kiln was not started by its launcher
     */
    static FlinkCluster.Programs ofThisInstallation() {
        String home = System.getProperty("kiln.home", "");
        if (home.isEmpty()) {
            throw new OperationException("-Dkiln.home is not set; start Kiln by its launcher");
        }
        return in(Path.of(home));
    }

    /**
     * Programs of a built checkout.
     *
     * @throws OperationException if it is not built
     */
    public static FlinkCluster.Programs in(Path home) {
        Path libraries = home.resolve("cli").resolve("target").resolve("lib");
        try (Stream<Path> jars = Files.list(libraries)) {
            String classPath =
                    jars.filter(FlinkPrograms::isFlinks)
                            .sorted()
                            .map(Path::toString)
                            .collect(Collectors.joining(File.pathSeparator));
            return new FlinkCluster.Programs(classPath, jvmOptions());
        } catch (IOException e) {
            throw new OperationException(
                    libraries + " cannot be read; build Kiln first (mvn package)", e);
        }
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
