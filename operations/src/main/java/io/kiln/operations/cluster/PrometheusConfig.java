package io.kiln.operations.cluster;

import io.kiln.operations.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The configuration with which Prometheus scrapes a local cluster:
 * deploy/prometheus/prometheus.yml, with the processes of this cluster in place of the containers.
 */
public final class PrometheusConfig {
    private static final String BEGIN = "    # targets: begin\n";
    private static final String END = "    # targets: end\n";
    private static final String RULES = "rule_files: [kiln-alerts.yml]";

    private PrometheusConfig() {}

    /** The alert rules of an installation. */
    public static Path rules(Installation installation) {
        return folder(installation).resolve("kiln-alerts.yml");
    }

    private static Path folder(Installation installation) {
        return installation.home().toAbsolutePath().resolve("deploy").resolve("prometheus");
    }

    /**
     * The text of the configuration.
     *
     * @param rules file with alert rules
     * @param targets file with the addresses of the processes
     * @throws IOException if the installation's file cannot be read, or is another one
     */
    public static String of(Installation installation, Path rules, Path targets)
            throws IOException {
        Path file = folder(installation).resolve("prometheus.yml");
        String text = Files.readString(file);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin || !text.contains(RULES)) {
            throw new IOException(
                    file
                            + ": expected \""
                            + RULES
                            + "\", and targets between the marks begin and end");
        }
        String ofThisCluster =
                "    file_sd_configs:\n      - files: ["
                        + quoted(targets)
                        + "]\n        refresh_interval: 5s\n";
        return (text.substring(0, begin) + ofThisCluster + text.substring(end + END.length()))
                .replace(RULES, "rule_files: [" + quoted(rules) + "]");
    }

    /** As YAML holds any text. */
    private static String quoted(Path path) {
        return "'" + path.toAbsolutePath().toString().replace("'", "''") + "'";
    }
}
