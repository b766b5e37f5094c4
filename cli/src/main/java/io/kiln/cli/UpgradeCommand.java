package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.Installation;
import io.kiln.operations.console.StatusLine;
import io.kiln.operations.console.Terminal;
import io.kiln.operations.flink.JobSubmission;
import io.kiln.operations.flink.JobUpgrade;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln upgrade}: replaces a running job. */
@Command(
        name = "upgrade",
        description = {
            "Replaces a running job with this program and configuration.",
            "Stops the job with a savepoint, submits the new job from it, and waits for the new"
                    + " job's first Flink checkpoint. If the new job fails before that, its root"
                    + " cause is printed and the exit code is 1. The previous program and"
                    + " configuration are then submitted again from the same savepoint."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the new job runs",
            "1:the new job does not run; the message says what runs now",
            "2:wrong usage or an invalid configuration"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln upgrade training --config kiln.yaml",
            "  kiln upgrade masking --config kiln.yaml --set flink.maskingParallelism=4"
        })
final class UpgradeCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Parameters(paramLabel = "masking|training|evaluation", description = "the job to replace")
    private KilnJob job;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            description = "jar of the new job; without it, the jar built in this checkout")
    private @Nullable Path jar;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        Path file = jar == null ? Installation.ofThisProcess().jar(job) : jar;
        StatusLine status = new StatusLine(spec.commandLine().getErr(), Terminal.present());
        PrintWriter out = spec.commandLine().getOut();
        try {
            JobSubmission submitted =
                    new JobUpgrade(
                                    kiln,
                                    job,
                                    file,
                                    status::hint,
                                    news -> {
                                        status.end();
                                        out.println(news);
                                        out.flush();
                                    })
                            .run();
            status.end();
            out.println(submitted.page());
            out.flush();
        } finally {
            status.end();
        }
    }
}
