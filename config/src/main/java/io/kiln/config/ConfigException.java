package io.kiln.config;

import java.util.List;

/**
 * A mistake in the configuration. The message names each key, says what is wrong with it, and says
 * what is allowed.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }

    static ConfigException of(List<String> problems) {
        return new ConfigException(String.join(System.lineSeparator(), problems));
    }
}
