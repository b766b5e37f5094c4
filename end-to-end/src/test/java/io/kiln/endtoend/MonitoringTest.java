package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.endtoend.MonitoringQueries.Query;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Board, rules, runbook, reference and containers tell of the same things. */
class MonitoringTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern OF_FLINK =
            Pattern.compile(
                    "flink_(?:jobmanager_job|jobmanager|taskmanager_job_task_operator(?:_training_folder|_training_phase|_training|_masking_reason|_masking|_evaluation)?|taskmanager_Status_JVM_Memory)_([A-Za-z]\\w*)");

    private final MonitoringQueries queries = new MonitoringQueries(ROOT);

    @Test
    void everyAlertHasASectionOfTheRunbookAndAUnitTest() throws IOException {
        String runbook = Files.readString(ROOT.resolve("docs/how-to/alerts.md"));
        List<String> sections =
                runbook.lines().filter(l -> l.startsWith("## ")).map(l -> l.substring(3)).toList();
        assertThat(sections).containsExactlyElementsOf(queries.alerts());
        JsonNode tests =
                new YAMLMapper()
                        .readTree(
                                Path.of("src/test/resources/prometheus/kiln-alerts-test.yml")
                                        .toFile());
        for (JsonNode rule : queries.rules()) {
            if (!rule.has("alert")) {
                continue;
            }
            String alert = rule.path("alert").asText();
            assertThat(rule.at("/annotations/runbook_url").asText())
                    .isEqualTo("docs/how-to/alerts.md#" + alert.toLowerCase(Locale.ROOT));
            List<Boolean> fires = new ArrayList<>();
            for (JsonNode test : tests.path("tests")) {
                for (JsonNode point : test.path("alert_rule_test")) {
                    if (point.path("alertname").asText().equals(alert)) {
                        fires.add(!point.path("exp_alerts").isEmpty());
                    }
                }
            }
            assertThat(fires).as(alert + " fires, and does not").contains(true, false);
        }
    }

    @Test
    void everyMetricOfAQueryIsInTheReferenceAndEveryFigureIsRecorded() throws IOException {
        String reference = Files.readString(ROOT.resolve("docs/reference/metrics.md"));
        Set<String> recorded =
                queries.rules().stream()
                        .map(rule -> rule.path("record").asText())
                        .collect(Collectors.toSet());
        List<Query> all = new ArrayList<>(queries.ofRules());
        all.addAll(queries.ofTheBoard());
        Set<String> metrics = new TreeSet<>();
        for (Query query : all) {
            Matcher metric = OF_FLINK.matcher(query.expression());
            while (metric.find()) {
                metrics.add(metric.group(1));
            }
            Matcher figure = Pattern.compile("kiln:[a-z0-9_:]+").matcher(query.expression());
            while (figure.find()) {
                assertThat(recorded).as(query.where()).contains(figure.group());
            }
        }
        assertThat(metrics)
                .hasSizeGreaterThan(30)
                .allSatisfy(m -> assertThat(reference).contains("`" + m + "`"));
    }

    @Test
    void noQueryNeedsAnIdThatIsNewAfterARestart() throws IOException {
        List<Query> all = new ArrayList<>(queries.ofRules());
        all.addAll(queries.ofTheBoard());
        assertThat(all)
                .allSatisfy(
                        query ->
                                assertThat(query.expression())
                                        .as(query.where())
                                        .doesNotContainPattern(
                                                "\\b(job_id|task_id|task_attempt_\\w+|operator_id|tm_id)\\b"));
    }

    @Test
    void containersReportWherePrometheusAsks() throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        JsonNode services =
                yaml.readTree(ROOT.resolve("docker-compose.yml").toFile()).path("services");
        JsonNode scraped =
                yaml.readTree(ROOT.resolve("deploy/prometheus/prometheus.yml").toFile())
                        .at("/scrape_configs/0/dns_sd_configs/0");
        for (JsonNode service : scraped.path("names")) {
            JsonNode flink =
                    yaml.readTree(
                            services.path(service.asText())
                                    .at("/environment/FLINK_PROPERTIES")
                                    .asText());
            assertThat(flink.path("metrics.reporters").asText()).isEqualTo("prom");
            assertThat(flink.path("metrics.reporter.prom.port").asInt())
                    .isEqualTo(scraped.path("port").asInt());
            assertThat(flink.path("metrics.reporter.prom.filterLabelValueCharacters").asText())
                    .isEqualTo("false");
        }
        assertThat(scraped.path("names")).hasSize(2);
        assertThat(services.at("/prometheus/volumes/0").asText())
                .isEqualTo("./deploy/prometheus:/etc/prometheus:ro");
        JsonNode source =
                yaml.readTree(
                        ROOT.resolve("deploy/grafana/provisioning/datasources/prometheus.yml")
                                .toFile());
        assertThat(source.at("/datasources/0/url").asText()).isEqualTo("http://prometheus:9090");
        assertThat(source.at("/datasources/0/uid").asText())
                .isEqualTo(queries.board().at("/templating/list/0/current/value").asText());
    }
}
