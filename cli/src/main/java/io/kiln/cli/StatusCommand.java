package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.KilnConfig;
import io.kiln.operations.console.Interruption;
import io.kiln.operations.console.Json;
import io.kiln.operations.console.Terminal;
import io.kiln.operations.status.Problem;
import io.kiln.operations.status.RunReader;
import io.kiln.operations.status.RunRules;
import io.kiln.operations.status.RunStatus;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InterruptException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln status}: how the configured run fares, and what is wrong. */
@Command(
        name = "status",
        description = {
            "Shows how the configured run fares, what is wrong with it, and what to do.",
            "Reads Flink and the topics, and writes nothing. Figures of the training job cover"
                    + " committed steps only, and are up to one Flink checkpoint old."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is well",
            "1:something is wrong; a line WRONG names each problem",
            "2:wrong usage or an invalid configuration"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln status --config kiln.yaml",
            "  kiln status --config kiln.yaml --json | jq -r '.problems[] | .what'",
            "  kiln status --config kiln.yaml --watch"
        })
final class StatusCommand implements Callable<Integer> {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(15);
    private static final String CLEAR = "\u001b[H\u001b[2J";

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Option(names = "--watch", description = "repeat every five seconds, until Ctrl-C")
    private boolean watch;

    @Option(
            names = "--json",
            description = "print one JSON object, with times in ISO 8601 and durations in seconds")
    private boolean json;

    @Override
    public Integer call() {
        KilnConfig kiln = config.load();
        return watch
                ? Interruption.onShutdown(SHUTDOWN_TIMEOUT, () -> watch(kiln))
                : show(kiln, "");
    }

    private int watch(KilnConfig kiln) {
        String before = Terminal.present() && !json ? CLEAR : "";
        int code = ExitCode.OK;
        try {
            code = show(kiln, before);
            while (!spec.commandLine().getOut().checkError()) { // somebody reads it
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
                code = show(kiln, before);
            }
        } catch (InterruptedException | InterruptException e) {
            Thread.interrupted(); // Ctrl-C is how watching ends
        }
        return code;
    }

    private int show(KilnConfig kiln, String before) {
        RunStatus status = RunReader.read(kiln);
        List<Problem> problems = RunRules.problems(kiln, status);
        PrintWriter out = spec.commandLine().getOut();
        out.print(before);
        out.println(
                json ? json(kiln, status, problems) : StatusListing.text(kiln, status, problems));
        out.flush();
        return problems.isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private String json(KilnConfig kiln, RunStatus status, List<Problem> problems) {
        ObjectNode object = Json.MAPPER.createObjectNode();
        object.put("well", problems.isEmpty())
                .put("model", kiln.model().name())
                .put("run", kiln.training().runId());
        ArrayNode array = object.putArray("problems");
        problems.forEach(problem -> array.add(Json.tree(problem)));
        object.setAll(Json.tree(status));
        object.remove("unread"); // they are among the problems
        return watch ? object.toString() : Json.pretty(object);
    }
}
