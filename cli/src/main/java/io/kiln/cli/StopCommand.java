package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.console.Json;
import io.kiln.operations.console.StatusLine;
import io.kiln.operations.console.Terminal;
import io.kiln.operations.flink.JobStop;
import io.kiln.operations.flink.JobStop.Stopped;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln stop}: stops a job with a savepoint. */
@Command(
        name = "stop",
        description = {
            "Stops a job of the configured run, and prints its savepoint.",
            "Waits until the savepoint is complete and the job has ended. If the savepoint fails,"
                    + " the job keeps running. kiln submit --from latest resumes from the"
                    + " savepoint."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln stop training --config kiln.yaml",
            "  kiln submit training --config kiln.yaml --from latest"
        })
final class StopCommand implements Runnable {
    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Parameters(paramLabel = "masking|training|evaluation", description = "the job to stop")
    private KilnJob job;

    @Option(
            names = "--drain",
            description =
                    "the stream ends here: emit everything that waits in the job first; only the"
                            + " masking job may resume from this savepoint")
    private boolean drain;

    @Option(
            names = "--json",
            description = "print the id of the job and the savepoint as one JSON object")
    private boolean json;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        StatusLine status = new StatusLine(spec.commandLine().getErr(), Terminal.present());
        Stopped stopped;
        try {
            stopped = new JobStop(kiln).withSavepoint(job, drain, status::hint);
        } finally {
            status.end();
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(
                json ? Json.pretty(Json.tree(stopped)) : text(stopped, job, drain, config.given()));
        out.flush();
    }

    static String text(Stopped stopped, KilnJob job, boolean drain, String given) {
        String text = "stopped job " + stopped.id() + "\n" + stopped.savepoint();
        boolean resumes = !drain || job == KilnJob.MASKING;
        return resumes
                ? text + "\nto go on from it: kiln submit " + job.word() + given + " --from latest"
                : text;
    }
}
