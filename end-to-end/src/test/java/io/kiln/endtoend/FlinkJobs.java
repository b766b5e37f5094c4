package io.kiln.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** Calls Flink's REST API; calls that fail while no job manager runs are repeated. */
final class FlinkJobs {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> ENDED = Set.of("CANCELED", "FAILED", "FINISHED", "SUSPENDED");
    private static final Duration TIMEOUT = Patience.ofMinutes(2);

    private final String address;
    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(2))
                    .build();

    FlinkJobs(String address) {
        this.address = address;
    }

    /** The task manager that runs the last operator of a running job. */
    Optional<String> taskManagerOf(String job) {
        JsonNode vertices = get("/jobs/" + job).path("vertices");
        return vertices.isEmpty()
                ? Optional.empty()
                : taskManagerOf(job, vertices.get(vertices.size() - 1), 0);
    }

    /**
     * The task manager that runs one of several trainers.
     *
     * @param trainer number of the trainer, from 0
     */
    Optional<String> taskManagerOfTrainer(String job, int trainer) {
        for (JsonNode vertex : get("/jobs/" + job).path("vertices")) {
            if (vertex.path("name").asText().equals("train")) {
                return taskManagerOf(job, vertex, trainer % vertex.path("parallelism").asInt());
            }
        }
        return Optional.empty();
    }

    private Optional<String> taskManagerOf(String job, JsonNode vertex, int subtask) {
        JsonNode found =
                get("/jobs/" + job + "/vertices/" + vertex.path("id").asText())
                        .path("subtasks")
                        .path(subtask);
        return found.path("status").asText().equals("RUNNING")
                ? Optional.of(found.path("taskmanager-id").asText())
                : Optional.empty();
    }

    /** Seconds from a moment to the end of the first checkpoint that starts after it. */
    double secondsToCheckpoint(String job, long sinceMillis) {
        JsonNode checkpoint =
                await(
                        "a checkpoint of " + job,
                        () -> {
                            requireNotFailed(job);
                            JsonNode completed =
                                    get("/jobs/" + job + "/checkpoints")
                                            .path("latest")
                                            .path("completed");
                            return completed.path("trigger_timestamp").asLong() > sinceMillis
                                    ? Optional.of(completed)
                                    : Optional.empty();
                        });
        return (checkpoint.path("latest_ack_timestamp").asLong() - sinceMillis) / 1e3;
    }

    private void requireNotFailed(String job) {
        if (get("/jobs/" + job).path("state").asText().equals("FAILED")) {
            throw new AssertionError(
                    job + " has failed permanently: " + get("/jobs/" + job + "/exceptions"));
        }
    }

    /** Waits until a job has failed, and returns the stack trace. */
    String awaitFailure(String job, long sinceMillis) {
        return await(
                "a failure of " + job,
                () -> {
                    JsonNode entry =
                            get("/jobs/" + job + "/exceptions")
                                    .path("exceptionHistory")
                                    .path("entries")
                                    .path(0);
                    return entry.path("timestamp").asLong() > sinceMillis
                            ? Optional.of(entry.path("stacktrace").asText())
                            : Optional.empty();
                });
    }

    /** Stops a job with a savepoint, and returns the URI of the savepoint. */
    String stop(String job, String folder) {
        JsonNode trigger =
                await(
                        "the stop of " + job,
                        () ->
                                Optional.of(
                                                post(
                                                        "/jobs/" + job + "/stop",
                                                        "{\"drain\": false, \"targetDirectory\": \""
                                                                + folder
                                                                + "\"}"))
                                        .filter(answer -> answer.has("request-id")));
        String request = trigger.path("request-id").asText();
        return await(
                "the savepoint of " + job,
                () ->
                        Optional.of(get("/jobs/" + job + "/savepoints/" + request))
                                .map(answer -> answer.path("operation").path("location").asText())
                                .filter(location -> !location.isEmpty()));
    }

    /** The jobs that have not ended. */
    List<String> running() {
        List<String> running = new ArrayList<>();
        for (JsonNode job : get("/jobs").path("jobs")) {
            if (!ENDED.contains(job.path("status").asText())) {
                running.add(job.path("id").asText());
            }
        }
        return running;
    }

    void cancel(String job) {
        await(
                "the end of " + job,
                () -> {
                    send("/jobs/" + job, "PATCH", "");
                    return Optional.of(get("/jobs/" + job).path("state").asText())
                            .filter(state -> state.equals("CANCELED"));
                });
    }

    /** Whether a task manager is registered with the job manager. */
    boolean isRegistered(String taskManager) {
        for (JsonNode node : get("/taskmanagers").path("taskmanagers")) {
            if (node.path("id").asText().equals(taskManager)) {
                return true;
            }
        }
        return false;
    }

    static <T> T await(String what, Callable<Optional<T>> value) {
        return Awaitility.await(what)
                .atMost(TIMEOUT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(100))
                .until(value, Optional::isPresent)
                .orElseThrow();
    }

    /** A resource of the cluster; missing while no job manager answers. */
    JsonNode get(String path) {
        return send(path, "GET", "");
    }

    private JsonNode post(String path, String body) {
        return send(path, "POST", body);
    }

    private JsonNode send(String path, String method, String body) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(address + path))
                        .timeout(Duration.ofSeconds(10))
                        .header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofString(body))
                        .build();
        try {
            return JSON.readTree(client.send(request, BodyHandlers.ofString()).body());
        } catch (IOException e) {
            return MissingNode.getInstance();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking Flink", e);
        }
    }
}
