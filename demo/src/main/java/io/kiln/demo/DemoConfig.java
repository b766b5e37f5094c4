package io.kiln.demo;

import io.kiln.config.ConfigException;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.config.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The configuration of the demo: demo.yaml, then the options, then the overrides of the user. */
final class DemoConfig {
    private static final String FILE = "demo.yaml";
    private static final int EVENTS = 4;

    /** What a demo sends in this time has been reserved on the disk. */
    private static final String RETENTION = "3650d";

    /** Keys that the demo sets itself. */
    private static final Set<String> RESERVED =
            Set.of(
                    "kafka.bootstrapServers",
                    "registry.url",
                    "topics.trainers",
                    "topics.replication",
                    "checkpoints.artifacts",
                    "flink.checkpointDirectory",
                    "flink.restUrl");

    private DemoConfig() {}

    /**
     * @param brokers address of the demo's broker
     * @param registry URL of the demo's registry
     * @throws ConfigException if an override is wrong, or of a key that the demo sets
     */
    static KilnConfig of(DemoOptions options, String brokers, String registry) {
        options.overrides().forEach(DemoConfig::requireFree);
        var workDir = options.workDir().toAbsolutePath().normalize();
        List<String> overrides = new ArrayList<>();
        overrides.add("input.height=" + options.size());
        overrides.add("input.width=" + options.size());
        if (!options.keepRunning()) { // it may be interrupted, and resumed much later
            overrides.add("topics.retention=" + RETENTION);
        }
        overrides.add("checkpoints.everySteps=" + Math.max(1, options.steps() / EVENTS));
        overrides.add("kafka.bootstrapServers=" + brokers);
        overrides.add("registry.url=" + registry);
        overrides.add("checkpoints.artifacts=" + uri(workDir.resolve("artifacts")));
        overrides.add(
                "flink.checkpointDirectory="
                        + uri(workDir.resolve("flink").resolve("checkpoints")));
        if (options.overrides().stream().anyMatch(DemoConfig::namesANetwork)) {
            overrides.add("model.depths=[]");
            overrides.add("model.widths=[]");
        }
        overrides.addAll(options.overrides());
        return KilnConfig.parse(defaults(), overrides);
    }

    /** A URI, quoted for YAML. */
    private static String uri(Path folder) {
        return "'" + FolderUri.of(folder) + "'";
    }

    /** Whether an override selects a published network in place of the demo's small one. */
    private static boolean namesANetwork(String override) {
        return override.startsWith("model.architecture=")
                && !override.equals("model.architecture=" + ModelConfig.CUSTOM);
    }

    private static void requireFree(String override) {
        String key = override.substring(0, Math.max(0, override.indexOf('='))).trim();
        if (RESERVED.contains(key)) {
            throw new ConfigException(
                    "--set " + override + ": the demo sets this key itself; leave it out");
        }
    }

    private static String defaults() {
        try (InputStream in = DemoConfig.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is missing beside " + DemoConfig.class);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the demo's configuration cannot be read", e);
        }
    }
}
