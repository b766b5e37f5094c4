package io.kiln.operations.flink;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.flink.JobStop.Stopped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Replaces a running job by one of another program or configuration, which goes on from a
 * savepoint. If that one does not complete a checkpoint, the job before is submitted again from the
 * same savepoint.
 */
public final class JobUpgrade {
    private final KilnConfig config;
    private final KilnJob job;
    private final Path jar;
    private final Consumer<String> progress;
    private final Consumer<String> news;

    /**
     * @param config of the new job; selects the one that is replaced
     * @param jar of the new job
     * @param progress told what is waited for
     * @param news told what has happened
     */
    public JobUpgrade(
            KilnConfig config,
            KilnJob job,
            Path jar,
            Consumer<String> progress,
            Consumer<String> news) {
        this.config = config;
        this.job = job;
        this.jar = jar;
        this.progress = progress;
        this.news = news;
    }

    /**
     * Upgrades the job.
     *
     * @throws OperationException if no such job runs; if it cannot be stopped, in which case it
     *     goes on; or if the new one does not come up, with the reason and with what became of the
     *     old one
     */
    public JobSubmission run() {
        FlinkRest flink = new FlinkRest(config.flink().restUrl());
        JobStop stop = new JobStop(config);
        Path kept = temporary();
        try {
            Optional<JobProgram> before =
                    FlinkJob.alive(flink, job, config)
                            .flatMap(old -> JobProgram.running(flink, old.id(), job, config, kept));
            Stopped stopped = stop.withSavepoint(job, false, progress);
            news.accept("stopped job " + stopped.id() + " with savepoint " + stopped.savepoint());
            try {
                return start(JobProgram.of(config, jar), stopped, stop);
            } catch (OperationException e) {
                throw back(e, before, stopped, stop);
            }
        } finally {
            delete(kept);
        }
    }

    private JobSubmission start(JobProgram program, Stopped stopped, JobStop stop) {
        JobSubmission submitted =
                JobSubmission.submit(
                        config,
                        job,
                        program,
                        Optional.of(StartingState.shared(stopped.savepoint())));
        news.accept("submitted " + program.jar().getFileName() + " as job " + submitted.id());
        try {
            JobStart start = submitted.start(config);
            start.await(progress);
            start.awaitCheckpoint(progress);
            return submitted;
        } catch (OperationException e) {
            stop.cancel(submitted.id());
            throw e;
        }
    }

    private OperationException back(
            OperationException reason, Optional<JobProgram> before, Stopped stopped, JobStop stop) {
        String why =
                "the new " + job.word() + " job did not come up: " + reason.getMessage() + ". ";
        String byHand =
                "Submit it with kiln submit "
                        + job.word()
                        + " --from "
                        + stopped.savepoint()
                        + " and the program and configuration it had";
        if (before.isEmpty()) {
            return new OperationException(
                    why + "The previous program was not kept, so the job is not running. " + byHand,
                    reason);
        }
        try {
            JobSubmission again = start(before.get(), stopped, stop);
            return new OperationException(
                    why
                            + "The previous job runs again, as job "
                            + again.id()
                            + ", and nothing is lost",
                    reason);
        } catch (OperationException e) {
            return new OperationException(
                    why + "Nor did the previous job: " + e.getMessage() + ". " + byHand, reason);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempFile("kiln-", "-job.jar");
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary file can be made", e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be deleted", e);
        }
    }
}
