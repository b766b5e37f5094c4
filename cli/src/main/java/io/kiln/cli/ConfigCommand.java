package io.kiln.cli;

import io.kiln.config.ConfigKeys;
import io.kiln.config.ConfigKeys.Entry;
import io.kiln.operations.config.ConfigYaml;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln config}: prints every key with its value, default and allowed range. */
@Command(
        name = "config",
        description = {
            "Prints every configuration key.",
            "For each key: its current value, its purpose, the allowed values and the default."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln config --yaml > kiln.yaml              write a file to start from",
            "  kiln config --config kiln.yaml              show the effect of a file",
            "  kiln config --set masking.maskRatio=1.5     explain what is wrong with a value",
            "  kiln config --json | jq '.[] | select(.value != .default)'"
        })
final class ConfigCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @ArgGroup private Format format = new Format();

    /** At most one output format. */
    static final class Format {
        @Option(names = "--json", description = "print a JSON array")
        private boolean json;

        @Option(names = "--yaml", description = "print a commented configuration file")
        private boolean yaml;
    }

    @Override
    public void run() {
        List<Entry> entries = ConfigKeys.of(config.load());
        PrintWriter out = spec.commandLine().getOut();
        if (format.json) {
            out.println(ConfigListing.json(entries));
        } else if (format.yaml) {
            out.print(ConfigYaml.of(entries));
        } else {
            out.print(ConfigListing.text(entries));
        }
        out.flush();
    }
}
