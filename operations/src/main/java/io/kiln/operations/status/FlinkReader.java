package io.kiln.operations.status;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.flink.FlinkJob;
import io.kiln.operations.flink.FlinkRest;
import io.kiln.operations.status.JobReading.Failure;
import io.kiln.operations.status.JobReading.FlinkCheckpoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what Flink tells of a run. */
final class FlinkReader {
    private final KilnConfig config;
    private final FlinkRest flink;

    FlinkReader(KilnConfig config) {
        this.config = config;
        this.flink = new FlinkRest(config.flink().restUrl());
    }

    /**
     * The cluster.
     *
     * @throws io.kiln.operations.OperationException if none answers
     */
    FlinkReading cluster() {
        JsonNode overview = flink.get("/overview", "report its task managers");
        return new FlinkReading(
                config.flink().restUrl(),
                overview.path("taskmanagers").asInt(),
                overview.path("slots-total").asInt(),
                overview.path("slots-available").asInt());
    }

    /**
     * A job of the run.
     *
     * @throws io.kiln.operations.OperationException if no cluster answers
     */
    JobReading job(KilnJob job) {
        return FlinkJob.newest(flink, job, config)
                .map(found -> reading(job, found))
                .orElseGet(() -> JobReading.absent(job));
    }

    private JobReading reading(KilnJob job, FlinkJob found) {
        String path = "/jobs/" + found.id();
        int tasks = 0;
        int running = 0;
        for (JsonNode vertex : flink.get(path, "report a job").path("vertices")) {
            tasks += vertex.path("parallelism").asInt();
            running += vertex.path("tasks").path("RUNNING").asInt();
            running += vertex.path("tasks").path("FINISHED").asInt();
        }
        List<Failure> failures = failures(path);
        return new JobReading(
                job,
                found.id(),
                FlinkJob.page(config, found.id()),
                found.state(),
                tasks,
                running,
                Math.max(restarts(path), found.state().equals("FAILED") ? 0 : failures.size()),
                failures,
                checkpoint(path),
                found.started());
    }

    private List<Failure> failures(String path) {
        List<Failure> failures = new ArrayList<>();
        JsonNode history =
                flink.get(path + "/exceptions?maxExceptions=100", "report a job's failures")
                        .path("exceptionHistory")
                        .path("entries");
        for (JsonNode entry : history) {
            failures.add(
                    new Failure(
                            Instant.ofEpochMilli(entry.path("timestamp").asLong()),
                            FlinkRest.rootCause(entry.path("stacktrace").asText())));
        }
        return failures;
    }

    /** Flink has no figure for a job that is just starting. */
    private long restarts(String path) {
        return flink.get(path + "/metrics?get=numRestarts", "report how often a job restarted")
                .path(0)
                .path("value")
                .asLong();
    }

    private Optional<FlinkCheckpoint> checkpoint(String path) {
        JsonNode last =
                flink.get(path + "/checkpoints", "report a job's checkpoints")
                        .path("latest")
                        .path("completed");
        return last.path("id").isNumber()
                ? Optional.of(
                        new FlinkCheckpoint(
                                last.path("id").asLong(),
                                Instant.ofEpochMilli(last.path("latest_ack_timestamp").asLong()),
                                last.path("state_size").asLong()))
                : Optional.empty();
    }
}
