package io.kiln.operations.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** The REST API of an MLflow tracking server, version 2.0. */
final class MlflowServer {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int OK = 200;

    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(10))
                    .build();
    private final URI api;
    private final Optional<String> authorization;

    /**
     * @param address of the server, such as http://127.0.0.1:5000
     * @param environment whose MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and
     *     MLFLOW_TRACKING_PASSWORD, log in, as they do for MLflow's own clients
     */
    MlflowServer(URI address, Map<String, String> environment) {
        this.api = URI.create(address.toString().replaceFirst("/*$", "/api/2.0/mlflow/"));
        this.authorization = authorization(environment);
    }

    private static Optional<String> authorization(Map<String, String> environment) {
        String token = environment.getOrDefault("MLFLOW_TRACKING_TOKEN", "");
        String user = environment.getOrDefault("MLFLOW_TRACKING_USERNAME", "");
        if (!user.isEmpty()) {
            String password = environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
            byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
            return Optional.of("Basic " + Base64.getEncoder().encodeToString(both));
        }
        return token.isEmpty() ? Optional.empty() : Optional.of("Bearer " + token);
    }

    /**
     * Asks for something.
     *
     * @param call such as runs/create
     * @throws OperationException if the server does not answer, or refuses
     */
    JsonNode call(String call, ObjectNode body) {
        HttpResponse<String> answer = send(call, body);
        if (answer.statusCode() != OK) {
            throw new OperationException(
                    "MLflow at "
                            + api.resolve("/")
                            + " refused "
                            + call
                            + " (HTTP "
                            + answer.statusCode()
                            + "): "
                            + reason(answer.body()));
        }
        return parsed(answer.body());
    }

    private HttpResponse<String> send(String call, ObjectNode body) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(api.resolve(call))
                        .timeout(PATIENCE)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        authorization.ifPresent(value -> request.header("Authorization", value));
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new OperationException(
                    "no MLflow server answers at "
                            + api.resolve("/")
                            + " ("
                            + e
                            + "); start it, or correct --mlflow",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted while waiting for MLflow", e);
        }
    }

    private static JsonNode parsed(String body) {
        try {
            return Json.MAPPER.readTree(body);
        } catch (IOException e) {
            return Json.MAPPER.createObjectNode(); // a page of something else
        }
    }

    private static String reason(String body) {
        String message = parsed(body).path("message").asText();
        return message.isEmpty() ? "no reason given; is it an MLflow server?" : message;
    }
}
