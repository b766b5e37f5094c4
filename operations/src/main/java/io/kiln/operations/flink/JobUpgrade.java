package io.kiln.operations.flink;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.config.ConfigKeys;
import io.kiln.config.ConfigKeys.Entry;
import io.kiln.config.KilnConfig;
import io.kiln.config.Secrets;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.config.ConfigYaml;
import io.kiln.operations.flink.JobStop.Stopped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
            Optional<FlinkJob> alive = FlinkJob.alive(flink, job, config);
            Optional<KilnConfig> before = alive.map(old -> configOf(flink, old.id()));
            Optional<Path> program =
                    alive.flatMap(old -> JobFolder.of(job, config).fetchJar(old.id(), kept));
            Stopped stopped = stop.withSavepoint(job, false, progress);
            news.accept("stopped job " + stopped.id() + " with savepoint " + stopped.savepoint());
            try {
                return start(config, jar, stopped, stop);
            } catch (OperationException e) {
                throw back(e, before, program, stopped, stop);
            }
        } finally {
            delete(kept);
        }
    }

    private JobSubmission start(KilnConfig with, Path program, Stopped stopped, JobStop stop) {
        JobSubmission submitted =
                JobSubmission.submit(
                        with, job, program, Optional.of(StartingState.shared(stopped.savepoint())));
        news.accept("submitted " + program.getFileName() + " as job " + submitted.id());
        try {
            JobStart start = submitted.start(with);
            start.await(progress);
            start.awaitCheckpoint(
                    with.flink().checkpointInterval().plus(with.flink().checkpointTimeout()),
                    progress);
            return submitted;
        } catch (OperationException e) {
            stop.cancel(submitted.id());
            throw e;
        }
    }

    private OperationException back(
            OperationException reason,
            Optional<KilnConfig> before,
            Optional<Path> program,
            Stopped stopped,
            JobStop stop) {
        String why =
                "the new " + job.word() + " job did not come up: " + reason.getMessage() + ". ";
        String byHand =
                "Submit it with kiln submit "
                        + job.word()
                        + " --from "
                        + stopped.savepoint()
                        + " and the program and configuration it had";
        if (before.isEmpty() || program.isEmpty()) {
            return new OperationException(
                    why + "The previous program was not kept, so the job is not running. " + byHand,
                    reason);
        }
        try {
            JobSubmission again = start(before.get(), program.get(), stopped, stop);
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

    /** The configuration of a running job: its keys from Flink, and today's secrets. */
    private KilnConfig configOf(FlinkRest flink, String id) {
        JsonNode keys =
                flink.get("/jobs/" + id + "/config", "report a job's configuration")
                        .path("execution-config")
                        .path("user-config");
        List<Entry> entries =
                ConfigKeys.withSecrets(config).stream()
                        .map(entry -> valueOf(entry, keys.path(entry.path())))
                        .toList();
        return KilnConfig.parse(ConfigYaml.of(entries), List.of());
    }

    private static Entry valueOf(Entry entry, JsonNode value) {
        return value.isMissingNode() || value.asText().contains(Secrets.HIDDEN)
                ? entry
                : new Entry(
                        entry.path(),
                        entry.about(),
                        entry.fallback(),
                        entry.allowed(),
                        value.asText());
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
