package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.operations.console.ShellWord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
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

    private @Nullable KilnConfig loaded;

    /**
     * Loads the configuration.
     *
     * @throws io.kiln.config.ConfigException naming every key that is wrong
     */
    KilnConfig load() {
        KilnConfig config =
                file == null ? KilnConfig.parse("", overrides) : KilnConfig.load(file, overrides);
        loaded = config;
        return config;
    }

    /** The options as they were given, for a command that needs the same configuration. */
    String given() {
        StringBuilder given = new StringBuilder();
        if (file != null) {
            given.append(" --config ").append(ShellWord.of(file.toString()));
        }
        overrides.forEach(override -> given.append(" --set ").append(ShellWord.of(override)));
        return given.toString();
    }

    /** The configuration that a verb has loaded, if it has. */
    static Optional<KilnConfig> loaded(CommandSpec verb) {
        return verb.mixins().values().stream()
                .map(CommandSpec::userObject)
                .filter(ConfigOptions.class::isInstance)
                .flatMap(options -> Optional.ofNullable(((ConfigOptions) options).loaded).stream())
                .findFirst();
    }
}
