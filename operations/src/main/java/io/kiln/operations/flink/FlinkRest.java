package io.kiln.operations.flink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.FolderUri;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The REST API of a Flink cluster: uploads and runs jars, tells of jobs. */
public final class FlinkRest {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private static final Pattern CAUSE = Pattern.compile("^Caused by: ", Pattern.MULTILINE);

    /** Says only that its cause is permanent, which holds what Kiln says. */
    private static final String PERMANENT = NonRecoverableJobException.class.getName();

    /** Running the main method of a jar may build and check a whole network. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofMinutes(3);

    private final String address;
    private final HttpClient client;

    /**
     * @param address address of the cluster: flink.restUrl
     */
    public FlinkRest(String address) {
        this.address = address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
        // Flink answers HTTP/1.1; Java's offer to upgrade would be sent with the whole body.
        this.client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .build();
    }

    /**
     * Uploads a jar.
     *
     * @return its id on the cluster
     * @throws OperationException if the jar cannot be read, no cluster answers, or it refuses
     */
    public String upload(Path jar) {
        String boundary = "kiln-" + Long.toHexString(System.nanoTime());
        String head =
                "--"
                        + boundary
                        + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\""
                        + jar.getFileName()
                        + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n";
        String tail = "\r\n--" + boundary + "--\r\n";
        BodyPublisher body;
        try {
            body =
                    BodyPublishers.concat(
                            BodyPublishers.ofString(head),
                            BodyPublishers.ofFile(jar),
                            BodyPublishers.ofString(tail));
        } catch (FileNotFoundException e) {
            throw new OperationException(
                    jar + ": no such file; build it with mvn -DskipTests package", e);
        }
        JsonNode answer =
                post(
                        "/jars/upload",
                        "multipart/form-data; boundary=" + boundary,
                        body,
                        "take " + jar);
        String path = answer.path("filename").asText();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /**
     * Runs the main method of an uploaded jar.
     *
     * @param state to start from
     * @return id of the job it submits
     * @throws OperationException if no cluster answers, or the job cannot be started; with the
     *     reason
     */
    public String run(String jarId, List<String> arguments, Optional<StartingState> state) {
        ObjectNode request = Json.MAPPER.createObjectNode();
        ArrayNode list = request.putArray("programArgsList");
        arguments.forEach(list::add);
        state.ifPresent(
                start ->
                        request.put("savepointPath", FolderUri.forFlink(start.uri()))
                                .put("claimMode", start.claimed() ? "CLAIM" : "NO_CLAIM"));
        JsonNode answer = post("/jars/" + jarId + "/run", request, "start the job");
        return answer.path("jobid").asText();
    }

    /**
     * Deletes an uploaded jar; jobs that run from it go on.
     *
     * @throws OperationException if no cluster answers, or it refuses
     */
    public void delete(String jarId) {
        send(request("/jars/" + jarId).DELETE(), "delete the uploaded jar");
    }

    /**
     * Reads a resource.
     *
     * @param what the cluster does not do if it refuses, for messages
     * @throws OperationException if no cluster answers, or it refuses
     */
    public JsonNode get(String path, String what) {
        return send(request(path).GET(), what);
    }

    /**
     * Sends a request.
     *
     * @param what the cluster does not do if it refuses, for messages
     * @throws OperationException if no cluster answers, or it refuses
     */
    JsonNode post(String path, JsonNode body, String what) {
        return post(path, "application/json", BodyPublishers.ofString(body.toString()), what);
    }

    /** As {@link #post}, without a body, to change a resource. */
    void patch(String path, String what) {
        send(request(path).method("PATCH", BodyPublishers.noBody()), what);
    }

    private JsonNode post(String path, String contentType, BodyPublisher body, String what) {
        return send(request(path).header("Content-Type", contentType).POST(body), what);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path)).timeout(REQUEST_TIMEOUT);
    }

    private JsonNode send(HttpRequest.Builder request, String what) {
        HttpResponse<String> response;
        try {
            response = client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new OperationException(
                    "no Flink cluster answers at "
                            + address
                            + " ("
                            + e.getClass().getSimpleName()
                            + (e.getMessage() == null ? "" : ": " + e.getMessage())
                            + "); is it running, and is flink.restUrl right?",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted while waiting for Flink at " + address, e);
        }
        if (response.statusCode() / 100 != 2) {
            throw new OperationException(
                    String.format(
                            Locale.ROOT,
                            "the Flink cluster at %s did not %s (HTTP %d): %s",
                            address,
                            what,
                            response.statusCode(),
                            reason(response.body())));
        }
        return tree(response.body());
    }

    private static String reason(String body) {
        StringBuilder errors = new StringBuilder();
        tree(body).path("errors").forEach(error -> errors.append(error.asText()).append('\n'));
        return errors.isEmpty() ? "no reason given" : rootCause(errors.toString());
    }

    /**
     * The root cause in a stack trace, which is how Flink reports errors: what Kiln says itself if
     * it says anything, otherwise the innermost cause.
     */
    public static String rootCause(String trace) {
        List<String> causes = CAUSE.splitAsStream(trace).toList();
        for (int i = causes.size() - 1; i >= 0; i--) {
            if (isOwn(causes, i)) {
                return message(causes.get(i)).replaceFirst("^[\\w.$]+: ", "");
            }
        }
        return message(causes.get(causes.size() - 1));
    }

    private static boolean isOwn(List<String> causes, int i) {
        return (causes.get(i).startsWith("io.kiln.") && !causes.get(i).startsWith(PERMANENT))
                || (i > 0 && causes.get(i - 1).startsWith(PERMANENT));
    }

    private static String message(String cause) {
        return cause.lines()
                .takeWhile(line -> !line.startsWith("\tat "))
                .collect(Collectors.joining("\n"))
                .strip();
    }

    private static JsonNode tree(String body) {
        try {
            return Json.MAPPER.readTree(body);
        } catch (JsonProcessingException e) {
            return Json.MAPPER.createObjectNode();
        }
    }
}
