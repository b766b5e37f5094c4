package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.console.Json;
import io.kiln.operations.flink.JobFolder;
import io.kiln.operations.flink.SavedState;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln savepoints}: the states that a job can go on from. */
@Command(
        name = "savepoints",
        synopsisSubcommandLabel = "list",
        description = "Shows the states that the jobs of the configured run can resume from.",
        footerHeading = "%nExample:%n",
        footer = "  kiln savepoints list training --config kiln.yaml",
        subcommands = SavepointsCommand.ListStates.class)
final class SavepointsCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected: kiln savepoints list");
    }

    /** {@code kiln savepoints list}. */
    @Command(
            name = "list",
            description = {
                "Lists the complete savepoints and Flink checkpoints of the configured run, newest first.",
                "kiln submit --from latest takes the first one listed for the job. The masking and"
                        + " training jobs refuse a state that is older than what they have"
                        + " published."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  kiln savepoints list --config kiln.yaml",
                "  kiln savepoints list training --config kiln.yaml --json | jq -r '.[0].uri'"
            })
    static final class ListStates implements Runnable {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;

        @Parameters(
                paramLabel = "masking|training|evaluation",
                arity = "0..1",
                description = "the job; without it, all jobs")
        private @Nullable KilnJob job;

        @Option(names = "--json", description = "print a JSON array of states")
        private boolean json;

        @Override
        public void run() {
            KilnConfig kiln = config.load();
            Table table = new Table("JOB", "KIND", "WRITTEN", "URI");
            ArrayNode array = Json.MAPPER.createArrayNode();
            for (KilnJob listed : job == null ? List.of(KilnJob.values()) : List.of(job)) {
                for (SavedState state : JobFolder.of(listed, kiln).states()) {
                    String kind = state.kind().name().toLowerCase(Locale.ROOT);
                    table.add(listed.word(), kind, TIME.format(state.written()), state.uri());
                    array.add(Json.tree(state).put("job", listed.word()).put("kind", kind));
                }
            }
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(Json.pretty(array));
            } else {
                out.print(table);
            }
            out.flush();
        }
    }
}
