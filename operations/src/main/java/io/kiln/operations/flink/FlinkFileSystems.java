package io.kiln.operations.flink;

import java.io.IOException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.plugin.PluginUtils;

/**
 * Flink's file systems in this process. That of local files is there; others, such as s3, come from
 * the plugins of FLINK_PLUGINS_DIR, with the settings of FLINK_CONF_DIR, as they do for Flink's own
 * commands.
 */
final class FlinkFileSystems {
    private static final String SETTINGS = "FLINK_CONF_DIR";

    private FlinkFileSystems() {}

    /** Loads the plugins, once. */
    private static final class Plugins {
        static {
            String folder = System.getenv(SETTINGS);
            Configuration settings =
                    folder == null
                            ? new Configuration()
                            : GlobalConfiguration.loadConfiguration(folder);
            FileSystem.initialize(
                    settings, PluginUtils.createPluginManagerFromRootFolder(settings));
        }

        private Plugins() {}

        static void load() {
            // The class is loaded now.
        }
    }

    /**
     * The file system of a URI.
     *
     * @throws IOException if there is none for its scheme, or it cannot be set up
     */
    static FileSystem of(Path uri) throws IOException {
        String scheme = uri.toUri().getScheme();
        if (scheme != null && !scheme.equals("file")) {
            try {
                Plugins.load();
            } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
                throw new IOException(
                        "the plugins of FLINK_PLUGINS_DIR do not load with the settings of "
                                + SETTINGS
                                + ": "
                                + e.getCause(),
                        e);
            }
        }
        return uri.getFileSystem();
    }
}
