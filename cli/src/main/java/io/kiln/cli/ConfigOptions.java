package io.kiln.cli;

import io.kiln.config.KilnConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that set the configuration of a verb. */
final class ConfigOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML configuration file; without it, all keys have their defaults")
    private @Nullable Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "override one key, such as masking.maskRatio=0.75; may be repeated, the last one wins")
    private List<String> overrides = new ArrayList<>();

    /**
     * Loads the configuration.
     *
     * @throws io.kiln.config.ConfigException naming every key that is wrong
     */
    KilnConfig load() {
        return file == null ? KilnConfig.parse("", overrides) : KilnConfig.load(file, overrides);
    }
}
