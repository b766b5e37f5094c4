package io.kiln.operations;

import io.kiln.kafka.KilnJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A checkout in which Kiln is built.
 *
 * @param home root of the checkout
 */
public record Installation(Path home) {
    /** System property that the launcher sets: root of the checkout it was started from. */
    public static final String HOME_PROPERTY = "kiln.home";

    /**
     * The checkout that this process was started from.
     *
     * @throws OperationException if the launcher did not start this process
     */
    public static Installation ofThisProcess() {
        String home = System.getProperty(HOME_PROPERTY, "");
        if (home.isEmpty()) {
            throw new OperationException(
                    "-D" + HOME_PROPERTY + " is not set; start Kiln with its launcher, ./kiln");
        }
        return new Installation(Path.of(home));
    }

    /**
     * The libraries of the command, sorted by name.
     *
     * @throws OperationException if Kiln is not built
     */
    public List<Path> libraries() {
        Path folder = home.resolve("cli").resolve("target").resolve("lib");
        try (Stream<Path> jars = Files.list(folder)) {
            return jars.sorted().toList();
        } catch (IOException e) {
            throw new OperationException(
                    folder + " cannot be read; build Kiln first: mvn -DskipTests package", e);
        }
    }

    /**
     * The jar of a job, as a Flink cluster takes it.
     *
     * @throws OperationException if Kiln is not built
     */
    public Path jar(KilnJob job) {
        Path folder = home.resolve(job.word() + "-job").resolve("target");
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith("-job.jar"))
                    .min(Path::compareTo)
                    .orElseThrow(() -> notBuilt(folder, null));
        } catch (IOException e) {
            throw notBuilt(folder, e);
        }
    }

    private static OperationException notBuilt(Path folder, @Nullable IOException cause) {
        return new OperationException(
                folder
                        + " holds no job jar; build Kiln first: mvn -DskipTests package; or name a jar"
                        + " with --jar",
                cause);
    }
}
