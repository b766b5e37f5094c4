package io.kiln.operations.console;

import io.kiln.schemas.BrokerWait;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.SchemaRegistry;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.appender.ConsoleAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.builder.api.AppenderComponentBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;

/**
 * Configures where log messages go. Verbs print to the terminal themselves; libraries log there
 * only with --verbose.
 */
public final class Logging {
    private static final String PATTERN = "%d{HH:mm:ss.SSS} %-5p [%t] %c{1} - %m%n";

    private Logging() {}

    /**
     * Logs to standard error: only errors of Kiln itself, records that were passed over and waits
     * for a broker or a registry, or all warnings if verbose. Libraries would repeat the messages
     * of a verb with stack traces.
     */
    public static void toStandardError(boolean verbose) {
        ConfigurationBuilder<BuiltConfiguration> builder = builder();
        AppenderComponentBuilder appender =
                builder.newAppender("log", "Console")
                        .addAttribute("target", ConsoleAppender.Target.SYSTEM_ERR)
                        .add(
                                builder.newLayout("PatternLayout")
                                        .addAttribute("pattern", verbose ? PATTERN : "%m%n"));
        use(
                builder,
                appender,
                verbose ? Level.WARN : Level.OFF,
                verbose ? Level.WARN : Level.ERROR);
    }

    /** Logs everything from level INFO to a file, and nothing to the terminal. */
    public static void toFile(Path file) {
        ConfigurationBuilder<BuiltConfiguration> builder = builder();
        AppenderComponentBuilder appender =
                builder.newAppender("log", "File")
                        .addAttribute("fileName", file.toString())
                        .addAttribute("append", false)
                        .add(builder.newLayout("PatternLayout").addAttribute("pattern", PATTERN));
        use(builder, appender, Level.INFO, Level.INFO);
    }

    private static ConfigurationBuilder<BuiltConfiguration> builder() {
        return ConfigurationBuilderFactory.newConfigurationBuilder().setStatusLevel(Level.ERROR);
    }

    private static void use(
            ConfigurationBuilder<BuiltConfiguration> builder,
            AppenderComponentBuilder appender,
            Level others,
            Level own) {
        builder.add(appender)
                .add(builder.newLogger("io.kiln", own))
                .add(builder.newLogger(ForeignRecords.class.getName(), Level.WARN))
                .add(builder.newLogger(BrokerWait.class.getName(), Level.WARN))
                .add(builder.newLogger(SchemaRegistry.class.getName(), Level.WARN))
                .add(builder.newRootLogger(others).add(builder.newAppenderRef("log")));
        Configurator.reconfigure(builder.build(false));
    }
}
