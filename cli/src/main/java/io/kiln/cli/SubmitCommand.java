package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.operations.Installation;
import io.kiln.operations.console.Json;
import io.kiln.operations.flink.JobSubmission;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;

/** {@code kiln submit}: a job to a Flink cluster. */
@Command(
        name = "submit",
        description = {
            "Submits a job to the Flink cluster at flink.restUrl.",
            "Uploads the job's jar and starts it with the configuration in force here. DJL and"
                    + " libtorch must be in the cluster's lib folder for the training job."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln submit masking --config kiln.yaml",
            "  kiln submit training --config kiln.yaml --from file:///flink/savepoints/savepoint-1a2b"
        })
final class SubmitCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Parameters(paramLabel = "masking|training", description = "which job")
    private Installation.Job job;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            description = "the job's jar; without it, the one built in this checkout")
    private @Nullable Path jar;

    @Option(
            names = "--from",
            paramLabel = "URI",
            description = "savepoint or checkpoint that the job goes on from")
    private @Nullable String from;

    @Option(names = "--json", description = "the job's id and page as an object, for scripts")
    private boolean json;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        Path file = jar == null ? Installation.ofThisProcess().jar(job) : jar;
        JobSubmission submitted = JobSubmission.submit(kiln, file, Optional.ofNullable(from));
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                json
                        ? Json.pretty(
                                Json.MAPPER
                                        .createObjectNode()
                                        .put("job", submitted.id())
                                        .put("page", submitted.page()))
                        : "submitted "
                                + file.getFileName()
                                + " as job "
                                + submitted.id()
                                + "\n"
                                + submitted.page());
        out.flush();
    }
}
