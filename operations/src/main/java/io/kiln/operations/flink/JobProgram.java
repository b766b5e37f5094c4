package io.kiln.operations.flink;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.config.ConfigYaml;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a job is submitted with.
 *
 * @param jar of the program
 * @param configuration for the program, as YAML
 * @param checkpointDirectory flink.checkpointDirectory of that configuration
 */
record JobProgram(Path jar, String configuration, String checkpointDirectory) {
    private static final String DIRECTORY = "flink.checkpointDirectory";

    /** A program of this version of Kiln. */
    static JobProgram of(KilnConfig config, Path jar) {
        return new JobProgram(
                jar,
                ConfigYaml.of(ConfigKeys.withSecrets(config)),
                config.flink().checkpointDirectory());
    }

    /**
     * What a running job was submitted with: the program that was kept in its folder, and exactly
     * the keys that Flink shows. Another version of Kiln may know other keys and ranges, so nothing
     * is added or checked here. Secrets alone, which Flink does not show, are today's.
     *
     * @param config that selects the job
     * @param file to fetch the program into
     * @return empty if no program was kept, or Flink shows no configuration
     * @throws OperationException if no cluster answers
     */
    static Optional<JobProgram> running(
            FlinkRest flink, String id, KilnJob job, KilnConfig config, Path file) {
        SortedMap<String, String> keys = shown(flink, id);
        String directory = keys.get(DIRECTORY);
        if (directory == null) {
            return Optional.empty();
        }
        keys.replaceAll(new HiddenSecrets(config)::restore);
        String folder = HiddenSecrets.read(DIRECTORY, directory).asText();
        return kept(id, job, config, folder, file)
                .map(jar -> new JobProgram(jar, ConfigYaml.of(keys), folder));
    }

    private static SortedMap<String, String> shown(FlinkRest flink, String id) {
        SortedMap<String, String> keys = new TreeMap<>();
        flink.get("/jobs/" + id + "/config", "report a job's configuration")
                .path("execution-config")
                .path("user-config")
                .properties()
                .forEach(key -> keys.put(key.getKey(), key.getValue().asText()));
        return keys;
    }

    private static Optional<Path> kept(
            String id, KilnJob job, KilnConfig config, String directory, Path file) {
        try {
            return JobFolder.of(job, config, directory).fetchJar(id, file);
        } catch (OperationException e) {
            return Optional.empty(); // the job had no folder
        }
    }
}
