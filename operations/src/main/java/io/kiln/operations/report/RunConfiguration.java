package io.kiln.operations.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.config.ConfigException;
import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.config.ConfigDefaults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a run's configuration: what shaped its weights, as its newest version tells, and
 * all other keys if the run is the one that is configured here.
 */
final class RunConfiguration {
    private RunConfiguration() {}

    /**
     * @param config configuration of the deployment
     * @param shaping the file of role CONFIGURATION of a version
     */
    static List<ConfigKeys.Entry> of(KilnConfig config, RunName run, Optional<Path> shaping) {
        Map<String, ConfigKeys.Entry> known = new HashMap<>();
        if (run.equals(RunName.of(config))) {
            ConfigKeys.of(config).forEach(entry -> known.put(entry.path(), entry));
        }
        shaping.ifPresent(file -> addShaping(file, known));
        return ConfigKeys.of(config).stream()
                .filter(entry -> known.containsKey(entry.path()))
                .map(entry -> known.getOrDefault(entry.path(), entry))
                .toList();
    }

    private static void addShaping(Path file, Map<String, ConfigKeys.Entry> known) {
        String yaml;
        try {
            yaml = Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
        JsonNode tree = ConfigDefaults.node(yaml);
        try {
            for (ConfigKeys.Entry entry : ConfigKeys.of(KilnConfig.parse(yaml, List.of()))) {
                if (!tree.at("/" + entry.path().replace('.', '/')).isMissingNode()) {
                    known.put(entry.path(), entry);
                }
            }
        } catch (ConfigException e) {
            // Another Kiln wrote it, with keys that this one does not have.
        }
    }
}
