package io.kiln.cli;

import io.kiln.config.ConfigKeys;
import io.kiln.config.ConfigKeys.Entry;
import io.kiln.operations.config.ConfigYaml;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.List;

/** {@code kiln config}: every key, what is in force, its default, its range. */
@Command(
        name = "config",
        description = {
            "Prints every configuration key.",
            "Each with what is in force, what it is for, what it may hold and its default."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln config --yaml > kiln.yaml              a file to start from",
            "  kiln config --config kiln.yaml              what this file puts in force",
            "  kiln config --set masking.maskRatio=1.5     what is wrong with a value",
            "  kiln config --json | jq '.[] | select(.value != .default)'"
        })
final class ConfigCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @ArgGroup private Format format = new Format();

    /** At most one of the forms for other programs. */
    static final class Format {
        @Option(names = "--json", description = "an array of objects, for scripts")
        private boolean json;

        @Option(names = "--yaml", description = "a configuration file with comments, to start from")
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
