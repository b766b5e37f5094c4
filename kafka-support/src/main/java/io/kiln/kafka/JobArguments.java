package io.kiln.kafka;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Arguments of a job's main method: [--config FILE | --config-text YAML] [--set section.key=value]…
 */
public final class JobArguments {
    private JobArguments() {}

    /**
     * @throws ConfigException if an argument or a key is wrong
     */
    public static KilnConfig parse(String... arguments) {
        @Nullable String file = null;
        String text = "";
        List<String> overrides = new ArrayList<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                throw new ConfigException(arguments[i] + ": has no value");
            }
            switch (arguments[i]) {
                case "--config" -> file = arguments[i + 1];
                case "--config-text" -> text = arguments[i + 1];
                case "--set" -> overrides.add(arguments[i + 1]);
                default ->
                        throw new ConfigException(
                                arguments[i]
                                        + ": unknown argument; expected --config, --config-text or --set");
            }
        }
        return file == null
                ? KilnConfig.parse(text, overrides)
                : KilnConfig.load(Path.of(file), overrides);
    }
}
