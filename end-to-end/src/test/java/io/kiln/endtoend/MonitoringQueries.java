package io.kiln.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The queries of the board and of the alert rules in a checkout. */
final class MonitoringQueries {
    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), *(\\w+)\\)");

    /** What stands between two vectors; a comparison alone gives no data while all is well. */
    private static final Pattern OPERATORS = Pattern.compile(" (?:and|or|unless|>=|<=|==|!=|>|<) ");

    private static final Pattern RANGE = Pattern.compile("\\[\\d+[mhd]]|(offset |for: )\\d+[mhd]");

    private final Path deploy;

    MonitoringQueries(Path root) {
        this.deploy = root.resolve("deploy");
    }

    /**
     * A query.
     *
     * @param where it stands
     */
    record Query(String where, String expression) {}

    /** The rules in the file of rules. */
    List<JsonNode> rules() throws IOException {
        Path file = deploy.resolve("prometheus/kiln-alerts.yml");
        List<JsonNode> rules = new ArrayList<>();
        for (JsonNode group : new YAMLMapper().readTree(file.toFile()).path("groups")) {
            group.path("rules").forEach(rules::add);
        }
        return rules;
    }

    /** The names of all alerts. */
    List<String> alerts() throws IOException {
        return rules().stream()
                .filter(rule -> rule.has("alert"))
                .map(rule -> rule.path("alert").asText())
                .toList();
    }

    /** Every query of every rule; of an alert each of those that it compares. */
    List<Query> ofRules() throws IOException {
        List<Query> queries = new ArrayList<>();
        for (JsonNode rule : rules()) {
            String expression = rule.path("expr").asText();
            if (rule.has("record")) {
                queries.add(new Query(rule.path("record").asText(), expression));
                continue;
            }
            for (String part : operands(expression)) {
                queries.add(new Query(rule.path("alert").asText(), part));
            }
        }
        return queries;
    }

    /** Every query of every panel, and of the variables, for all jobs. */
    List<Query> ofTheBoard() throws IOException {
        List<Query> queries = new ArrayList<>();
        for (JsonNode panel : board().path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(
                        new Query(
                                panel.path("title").asText(),
                                ofAllJobs(target.path("expr").asText())));
            }
        }
        for (JsonNode annotation : board().path("annotations").path("list")) {
            for (String part : operands(ofAllJobs(annotation.path("expr").asText()))) {
                queries.add(new Query(annotation.path("name").asText(), part));
            }
        }
        for (JsonNode variable : board().path("templating").path("list")) {
            Matcher values = LABEL_VALUES.matcher(variable.path("definition").asText());
            if (values.matches()) {
                String expression = "count by (" + values.group(2) + ") (" + values.group(1) + ")";
                queries.add(new Query(variable.path("name").asText(), expression));
            }
        }
        return queries;
    }

    /** The board. */
    JsonNode board() throws IOException {
        return new ObjectMapper().readTree(deploy.resolve("grafana/dashboards/kiln.json").toFile());
    }

    private static String ofAllJobs(String expression) {
        return expression
                .replace("$training", "kiln training .+")
                .replace("$masking", "kiln masking .+");
    }

    /** The vectors that an expression combines or compares, at any depth; numbers left out. */
    private static List<String> operands(String expression) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        Matcher operator = OPERATORS.matcher(expression);
        while (operator.find()) {
            if (depth(expression.substring(0, operator.start())) == 0) {
                parts.add(expression.substring(from, operator.start()));
                from = operator.end();
            }
        }
        parts.add(expression.substring(from));
        if (parts.size() == 1) {
            return parts;
        }
        return parts.stream()
                .map(part -> part.startsWith("(") ? part.substring(1, part.length() - 1) : part)
                .flatMap(part -> operands(part).stream())
                .filter(part -> !part.matches("[0-9.]+"))
                .toList();
    }

    private static long depth(String text) {
        return text.chars().filter(c -> c == '(' || c == '{').count()
                - text.chars().filter(c -> c == ')' || c == '}').count();
    }

    /** Rules or queries with every window of this length, and with alerts that fire at once. */
    static String withWindows(String text, String window) {
        return RANGE.matcher(text)
                .replaceAll(
                        found ->
                                found.group().startsWith("[")
                                        ? "[" + window + "]"
                                        : found.group(1).startsWith("for")
                                                ? "for: 1s"
                                                : "offset " + window);
    }
}
