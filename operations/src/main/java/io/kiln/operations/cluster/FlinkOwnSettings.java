package io.kiln.operations.cluster;

import io.kiln.operations.OperationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.YamlParserUtils;

/**
 * Settings of Flink that the owner of a cluster's folder has written into its file {@code
 * flink.yaml}. They win over those of Kiln.
 */
final class FlinkOwnSettings {
    private static final String FILE = "flink.yaml";

    private FlinkOwnSettings() {}

    /**
     * Reads them.
     *
     * @return by key, with dots; empty if there is no such file
     * @throws OperationException if the file is not YAML, or no map
     */
    static Map<String, String> of(Path folder) {
        Path file = folder.resolve(FILE);
        Map<String, String> settings = new TreeMap<>();
        if (!Files.exists(file)) {
            return settings;
        }
        Map<String, Object> tree;
        try {
            tree = YamlParserUtils.loadYamlFile(file.toFile());
        } catch (Exception e) { // Flink declares no other; its text may hold a secret
            throw new OperationException(
                    file + " is not YAML; expected Flink's settings, such as s3.endpoint: …", e);
        }
        if (tree != null) {
            flatten("", tree, settings);
        }
        return settings;
    }

    private static void flatten(String prefix, Map<?, ?> tree, Map<String, String> settings) {
        tree.forEach(
                (key, value) -> {
                    if (value instanceof Map<?, ?> section) {
                        flatten(prefix + key + ".", section, settings);
                    } else if (value != null) {
                        settings.put(
                                prefix + key,
                                value instanceof String text
                                        ? text
                                        : YamlParserUtils.toYAMLString(value).strip());
                    }
                });
    }
}
