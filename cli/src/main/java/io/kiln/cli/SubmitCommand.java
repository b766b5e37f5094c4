package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.Installation;
import io.kiln.operations.console.Json;
import io.kiln.operations.console.StatusLine;
import io.kiln.operations.console.Terminal;
import io.kiln.operations.flink.JobFolder;
import io.kiln.operations.flink.JobSubmission;
import io.kiln.operations.flink.StartingState;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln submit}: submits a job to a Flink cluster. */
@Command(
        name = "submit",
        description = {
            "Submits a job to the Flink cluster at flink.restUrl.",
            "Uploads the jar of the job, starts it with the configuration given here, and waits"
                    + " until all its tasks run. If a task fails, the root cause is printed and the"
                    + " exit code is 1. The training and evaluation jobs need DJL and libtorch in"
                    + " the cluster's lib folder."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln submit masking --config kiln.yaml",
            "  kiln submit training --config kiln.yaml --from latest",
            "  kiln submit evaluation --config kiln.yaml",
            "  kiln submit training --config kiln.yaml \\",
            "      --from file:///flink/savepoints/savepoint-1a2b"
        })
final class SubmitCommand implements Runnable {
    private static final String LATEST = "latest";

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Parameters(paramLabel = "masking|training|evaluation", description = "the job to submit")
    private KilnJob job;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            description = "jar of the job; without it, the jar built in this checkout")
    private @Nullable Path jar;

    @Option(
            names = "--from",
            paramLabel = "URI|latest",
            description =
                    "savepoint or checkpoint to start from; latest stands for the newest complete"
                            + " one of this job and run")
    private @Nullable String from;

    @Option(names = "--detach", description = "do not wait for the job to run")
    private boolean detach;

    @Option(
            names = "--json",
            description =
                    "print the job's id and web page, and the state it starts from, as one JSON"
                            + " object")
    private boolean json;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        Path file = jar == null ? Installation.ofThisProcess().jar(job) : jar;
        Optional<StartingState> state =
                Optional.ofNullable(from)
                        .map(
                                uri ->
                                        uri.equals(LATEST)
                                                ? StartingState.newest(
                                                        JobFolder.of(job, kiln).newest())
                                                : StartingState.shared(uri));
        JobSubmission submitted = JobSubmission.submit(kiln, job, file, state);
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                json
                        ? Json.pretty(
                                Json.MAPPER
                                        .createObjectNode()
                                        .put("job", submitted.id())
                                        .put("page", submitted.page())
                                        .put("from", state.map(StartingState::uri).orElse(null)))
                        : "submitted "
                                + file.getFileName()
                                + " as job "
                                + submitted.id()
                                + state.map(start -> " from " + start.uri()).orElse("")
                                + "\n"
                                + submitted.page());
        out.flush();
        if (!detach) {
            StatusLine status = new StatusLine(spec.commandLine().getErr(), Terminal.present());
            try {
                submitted.start(kiln).await(status::hint);
            } finally {
                status.end();
            }
        }
    }
}
