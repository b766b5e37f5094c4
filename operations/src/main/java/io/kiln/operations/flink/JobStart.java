package io.kiln.operations.flink;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.operations.OperationException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Waits until a submitted job runs. */
public final class JobStart {
    private static final Duration PAUSE = Duration.ofMillis(250);

    /** A trainer may have to wait until Kafka has ended the transaction of a dead one. */
    private static final Duration LIMIT = Duration.ofMinutes(20);

    private final FlinkRest flink;
    private final String job;

    JobStart(FlinkRest flink, String job) {
        this.flink = flink;
        this.job = job;
    }

    /**
     * Waits until all tasks of the job run.
     *
     * @param progress told now and then how many do
     * @throws OperationException if the job or one of its tasks fails before, with the root cause
     */
    public void await(Consumer<String> progress) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            JsonNode found = found();
            String state = found.path("state").asText();
            String tasks = tasks(found);
            if (state.equals("RUNNING") && tasks.isEmpty() || state.equals("FINISHED")) {
                return;
            }
            requireNoFailure();
            if (System.nanoTime() > deadline) {
                throw new OperationException(
                        "job "
                                + job
                                + " was not running after "
                                + LIMIT.toMinutes()
                                + " min: "
                                + tasks);
            }
            progress.accept("waiting until the job runs: " + tasks);
            pause();
        }
    }

    /**
     * Waits until the job has completed a Flink checkpoint.
     *
     * @param progress told now and then what is waited for
     * @throws OperationException if the job fails before, with the root cause, or takes longer than
     *     its interval between checkpoints and its time-out of one
     */
    void awaitCheckpoint(Consumer<String> progress) {
        JsonNode settings =
                flink.get(
                        "/jobs/" + job + "/checkpoints/config",
                        "report how often job " + job + " makes checkpoints");
        Duration limit =
                Duration.ofMillis(
                        settings.path("interval").asLong() + settings.path("timeout").asLong());
        long deadline = System.nanoTime() + limit.toNanos();
        while (flink.get("/jobs/" + job + "/checkpoints", "report the checkpoints of job " + job)
                .path("latest")
                .path("completed")
                .isEmpty()) {
            requireNoFailure();
            if (System.nanoTime() > deadline) {
                throw new OperationException(
                        "job "
                                + job
                                + " completed no Flink checkpoint in "
                                + limit.toSeconds()
                                + " s");
            }
            progress.accept("waiting for the first Flink checkpoint of job " + job);
            pause();
        }
    }

    /** What is not running yet; empty if all tasks run. */
    private static String tasks(JsonNode found) {
        int all = 0;
        int running = 0;
        for (JsonNode vertex : found.path("vertices")) {
            all += vertex.path("parallelism").asInt();
            running += vertex.path("tasks").path("RUNNING").asInt();
            running += vertex.path("tasks").path("FINISHED").asInt();
        }
        return all > 0 && all == running
                ? ""
                : running + " of " + (all == 0 ? "its" : all) + " tasks run";
    }

    private JsonNode found() {
        return flink.get("/jobs/" + job, "report job " + job);
    }

    /** Asks for the state last: one from before the failure would say nothing of what follows. */
    private void requireNoFailure() {
        JsonNode failure =
                flink.get("/jobs/" + job + "/exceptions", "report why job " + job + " fails")
                        .path("exceptionHistory")
                        .path("entries")
                        .path(0)
                        .path("stacktrace");
        String state = found().path("state").asText();
        if (state.equals("CANCELED")) {
            throw new OperationException("job " + job + " was cancelled before it ran");
        }
        if (!failure.isMissingNode()) {
            throw new OperationException(
                    (state.equals("FAILED") || state.equals("FAILING")
                                    ? "job " + job + " has failed: "
                                    : "job " + job + " fails as it starts, and Flink tries again: ")
                            + FlinkRest.rootCause(failure.asText()));
        }
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException(
                    "interrupted while waiting for job " + job + ", which keeps running", e);
        }
    }
}
