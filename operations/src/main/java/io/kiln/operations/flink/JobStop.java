package io.kiln.operations.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Ends jobs. */
public final class JobStop {
    private static final Duration PAUSE = Duration.ofMillis(250);

    /** A step may take minutes, and a large state as well. */
    private static final Duration LIMIT = Duration.ofMinutes(20);

    private final KilnConfig config;
    private final FlinkRest flink;

    public JobStop(KilnConfig config) {
        this.config = config;
        this.flink = new FlinkRest(config.flink().restUrl());
    }

    /**
     * A job that was stopped.
     *
     * @param id of the job
     * @param savepoint URI of the savepoint that it goes on from
     */
    public record Stopped(String id, String savepoint) {}

    /**
     * Stops the job of the run with a savepoint, and waits until it has ended.
     *
     * @param drain whether what waits in the job is sent on first, as at the end of a stream
     * @param progress told what is waited for
     * @throws OperationException if no such job runs, or the savepoint fails; the job then goes on
     */
    public Stopped withSavepoint(KilnJob job, boolean drain, Consumer<String> progress) {
        String id =
                FlinkJob.alive(flink, job, config)
                        .map(FlinkJob::id)
                        .orElseThrow(() -> notRunning(job));
        ObjectNode request = Json.MAPPER.createObjectNode();
        request.put("drain", drain).put("targetDirectory", JobFolder.of(job, config).savepoints());
        String what = "stop the " + job.word() + " job";
        String trigger =
                flink.post("/jobs/" + id + "/stop", request, what).path("request-id").asText();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            JsonNode found = flink.get("/jobs/" + id + "/savepoints/" + trigger, what);
            JsonNode failure = found.path("operation").path("failure-cause");
            if (!failure.isMissingNode()) {
                throw new OperationException(
                        "the "
                                + job.word()
                                + " job could not be stopped with a savepoint, and keeps running: "
                                + FlinkRest.rootCause(failure.path("stack-trace").asText()));
            }
            if (found.path("status").path("id").asText().equals("COMPLETED")) {
                awaitEnd(id, deadline);
                return new Stopped(id, found.path("operation").path("location").asText());
            }
            pause(id, deadline);
            progress.accept("waiting for the savepoint of job " + id);
        }
    }

    private OperationException notRunning(KilnJob job) {
        return new OperationException(
                "no "
                        + job.word()
                        + " job of this run is running on the Flink cluster at "
                        + config.flink().restUrl()
                        + " (expected \""
                        + job.flinkName(config)
                        + "\"; model.name, training.runId and topics.sparseBatches select it)");
    }

    /** Cancels a job, and waits until it has ended. Its checkpoints are kept. */
    void cancel(String id) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        if (!isOver(id)) {
            flink.patch("/jobs/" + id + "?mode=cancel", "cancel job " + id);
            awaitEnd(id, deadline);
        }
    }

    private void awaitEnd(String id, long deadline) {
        while (!isOver(id)) {
            pause(id, deadline);
        }
    }

    private boolean isOver(String id) {
        String state = flink.get("/jobs/" + id, "report job " + id).path("state").asText();
        return FlinkJob.isOver(state);
    }

    private static void pause(String id, long deadline) {
        if (System.nanoTime() > deadline) {
            throw new OperationException(
                    "job " + id + " had not ended after " + LIMIT.toMinutes() + " min");
        }
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted while job " + id + " ends", e);
        }
    }
}
