package io.kiln.operations.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.ConfigKeys;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import io.kiln.operations.report.RunHistory;
import io.kiln.operations.report.RunScalars;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes runs into an MLflow tracking server: an experiment a model, a run a run, its curves as
 * metrics and its configuration as parameters.
 */
public final class MlflowRuns {
    /** Marks a run that this class has written. */
    private static final String TAG = "kiln.run";

    /** What the server takes in one request. */
    private static final int METRICS_AT_ONCE = 1000;

    private static final int PARAMETERS_AT_ONCE = 100;

    private static final int LONGEST_VALUE = 500;

    private final MlflowServer server;
    private final URI address;

    /**
     * @param address of the server
     * @param environment with the login, as MLflow's own clients take it
     */
    public MlflowRuns(URI address, Map<String, String> environment) {
        this.server = new MlflowServer(address, environment);
        this.address = address;
    }

    /**
     * Writes a run; one that was written before is deleted when the new one is complete.
     *
     * @return the address of its page
     * @throws OperationException if the server does not answer, or refuses
     */
    public String write(RunHistory run) {
        String experiment = experiment(run.name().model());
        String name = run.name().model() + "/" + run.name().run();
        List<String> before = runs(experiment, name);
        long begin = run.steps().isEmpty() ? 0 : run.steps().get(0).timeMillis();
        ObjectNode create = object().put("experiment_id", experiment);
        create.put("run_name", run.name().run()).put("start_time", begin);
        create.putArray("tags").addObject().put("key", TAG).put("value", name);
        String id = server.call("runs/create", create).at("/run/info/run_id").asText();
        batches(id, "metrics", metrics(run), METRICS_AT_ONCE);
        batches(id, "params", parameters(run), PARAMETERS_AT_ONCE);
        long end = run.steps().isEmpty() ? 0 : run.steps().get(run.steps().size() - 1).timeMillis();
        server.call(
                "runs/update",
                object().put("run_id", id).put("status", "FINISHED").put("end_time", end));
        before.forEach(old -> server.call("runs/delete", object().put("run_id", old)));
        return address.toString().replaceFirst("/*$", "")
                + "/#/experiments/"
                + experiment
                + "/runs/"
                + id;
    }

    /** The id of an experiment, which is made if it is not there. */
    private String experiment(String name) {
        ObjectNode search = object().put("max_results", 1).put("filter", "name = " + quoted(name));
        JsonNode found = server.call("experiments/search", search).at("/experiments/0");
        return (found.isMissingNode()
                        ? server.call("experiments/create", object().put("name", name))
                        : found)
                .path("experiment_id")
                .asText();
    }

    private List<String> runs(String experiment, String name) {
        ObjectNode search = object().put("filter", "tags.`" + TAG + "` = " + quoted(name));
        search.putArray("experiment_ids").add(experiment);
        List<String> ids = new ArrayList<>();
        for (JsonNode run : server.call("runs/search", search).path("runs")) {
            ids.add(run.at("/info/run_id").asText());
        }
        return ids;
    }

    /** Names of models and runs hold no quotes. */
    private static String quoted(String name) {
        return "'" + name + "'";
    }

    private static List<ObjectNode> metrics(RunHistory run) {
        List<ObjectNode> metrics = new ArrayList<>();
        try {
            RunScalars.write(
                    run,
                    (time, step, tag, value) -> {
                        if (Double.isFinite(value)) {
                            metrics.add(metric(time, step, tag, value));
                        }
                    });
        } catch (IOException e) {
            throw new OperationException("the run cannot be read: " + e.getMessage(), e);
        }
        return metrics;
    }

    private static ObjectNode metric(Instant time, long step, String tag, double value) {
        ObjectNode metric = object().put("key", tag).put("value", value);
        return metric.put("timestamp", time.toEpochMilli()).put("step", step);
    }

    /** Without empty values, which MLflow does not show. */
    private static List<ObjectNode> parameters(RunHistory run) {
        Function<ConfigKeys.Entry, ObjectNode> parameter =
                entry -> {
                    String value = entry.value();
                    return object().put("key", entry.path())
                            .put(
                                    "value",
                                    value.substring(0, Math.min(value.length(), LONGEST_VALUE)));
                };
        return run.configuration().stream()
                .filter(entry -> !entry.value().isBlank())
                .map(parameter)
                .toList();
    }

    private void batches(String id, String what, List<ObjectNode> all, int atOnce) {
        for (int from = 0; from < all.size(); from += atOnce) {
            ObjectNode batch = object().put("run_id", id);
            ArrayNode part = batch.putArray(what);
            part.addAll(all.subList(from, Math.min(from + atOnce, all.size())));
            server.call("runs/log-batch", batch);
        }
    }

    private static ObjectNode object() {
        return Json.MAPPER.createObjectNode();
    }
}
