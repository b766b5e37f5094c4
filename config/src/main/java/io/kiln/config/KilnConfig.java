package io.kiln.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The whole configuration. A value of this type is valid: every key is within its range, and the
 * sections agree with each other.
 */
public record KilnConfig(
        KafkaConfig kafka,
        RegistryConfig registry,
        TopicsConfig topics,
        InputConfig input,
        IngestConfig ingest,
        MaskingConfig masking,
        ModelConfig model,
        TrainingConfig training,
        CheckpointsConfig checkpoints,
        FlinkConfig flink)
        implements Serializable {
    private static final YAMLMapper YAML = new YAMLMapper();

    public KilnConfig {
        requirePatchesOnBothSides(masking, input);
    }

    /** The configuration in which every key has its default. */
    public static KilnConfig defaults() {
        return parse("", List.of());
    }

    /**
     * Reads a file and applies overrides.
     *
     * @param file YAML
     * @param overrides each "section.key=value", with the value as written in YAML; later ones win
     * @throws ConfigException if the file cannot be read or any key is wrong
     */
    public static KilnConfig load(Path file, List<String> overrides) {
        try {
            return parse(Files.readString(file), overrides);
        } catch (NoSuchFileException e) {
            throw new ConfigException(
                    "--config "
                            + file
                            + ": does not exist; expected a YAML file, such as kiln config --yaml"
                            + " writes");
        } catch (IOException e) {
            throw new ConfigException(
                    "--config " + file + ": cannot be read (" + e + "); expected a YAML file");
        } catch (ConfigException e) {
            throw new ConfigException(file + ":" + System.lineSeparator() + e.getMessage());
        }
    }

    /**
     * Reads YAML text and applies overrides.
     *
     * @throws ConfigException if the text is not YAML or any key is wrong
     */
    public static KilnConfig parse(String yaml, List<String> overrides) {
        ObjectNode tree = tree(yaml);
        overrides.forEach(override -> apply(override, tree));
        return ConfigBinder.bind(tree, KilnConfig.class);
    }

    private static ObjectNode tree(String yaml) {
        try {
            JsonNode tree = YAML.readTree(yaml);
            if (tree == null || tree.isMissingNode() || tree.isNull()) {
                return YAML.createObjectNode();
            }
            if (tree instanceof ObjectNode object) {
                return object;
            }
            throw new ConfigException(
                    "the configuration is " + tree + "; expected YAML sections with keys");
        } catch (JsonProcessingException e) {
            throw new ConfigException(
                    "the configuration is not valid YAML: "
                            + e.getOriginalMessage()
                            + " at line "
                            + (e.getLocation() == null ? "?" : e.getLocation().getLineNr()));
        }
    }

    private static void apply(String override, ObjectNode tree) {
        int equals = override.indexOf('=');
        if (equals <= 0) {
            throw new ConfigException(
                    "--set "
                            + override
                            + ": expected section.key=value, such as masking.maskRatio=0.75");
        }
        String[] path = override.substring(0, equals).trim().split("\\.");
        ObjectNode section = tree;
        for (int i = 0; i < path.length - 1; i++) {
            JsonNode next = section.get(path[i]);
            section = next instanceof ObjectNode object ? object : section.putObject(path[i]);
        }
        section.set(path[path.length - 1], ConfigBinder.parse(override.substring(equals + 1)));
    }

    private static void requirePatchesOnBothSides(MaskingConfig masking, InputConfig input) {
        int patches = input.patches();
        int keep = masking.keep(patches);
        if (keep < 1 || keep >= patches) {
            throw new IllegalArgumentException(
                    "masking.maskRatio: "
                            + masking.maskRatio()
                            + " is not allowed; it keeps "
                            + keep
                            + " of the "
                            + patches
                            + " patches of a "
                            + input.height()
                            + " x "
                            + input.width()
                            + " image, expected at least 1 active and 1 masked");
        }
    }
}
