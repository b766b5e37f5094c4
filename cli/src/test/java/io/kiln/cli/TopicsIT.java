package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.operations.console.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code kiln topics create} where topics exist already, on a real broker. */
@Timeout(120)
@ExtendWith(SharedServers.class)
class TopicsIT {
    private static LocalBroker broker;
    private static LocalRegistry registry;

    @BeforeAll
    static void share(LocalBroker sharedBroker, LocalRegistry sharedRegistry) {
        broker = sharedBroker;
        registry = sharedRegistry;
    }

    private static Cli run(String prefix, String retention, String... verb) {
        List<String> settings = new ArrayList<>();
        settings.add("kafka.bootstrapServers=" + broker.bootstrapServers());
        settings.add("registry.url=" + registry.url());
        settings.add("flink.restUrl=http://127.0.0.1:1");
        settings.add("topics.retention=" + retention);
        for (String key :
                List.of(
                        "images",
                        "deadLetters",
                        "sparseBatches",
                        "trainingSteps",
                        "checkpoints",
                        "holdout",
                        "evaluations")) {
            settings.add("topics." + key + "=" + prefix + "." + key);
        }
        List<String> arguments = new ArrayList<>(List.of(verb));
        settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        return Cli.run(arguments.toArray(String[]::new));
    }

    private static Cli create(String prefix, String retention) {
        Cli run = run(prefix, retention, "topics", "create");
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    @Test
    void theRetentionThatATopicHasIsTold() throws Exception {
        assertThat(create("kept", "7d").err()).isEmpty();
        assertThat(create("kept", "7d").err()).isEmpty();
        Cli again = create("kept", "30d");
        assertThat(again.out()).contains("7 days", "forever").doesNotContain("30 days");
        assertThat(again.err().lines())
                .as("those that are not kept for ever")
                .hasSize(5)
                .first()
                .asString()
                .startsWith("kiln: topic kept.images exists with retention.ms=604800000 (7 days)")
                .contains(
                        "the configuration says 30 days",
                        "kafka-configs.sh --bootstrap-server " + broker.bootstrapServers(),
                        "--entity-name kept.images"
                                + " --add-config cleanup.policy=delete,retention.ms=2592000000");
        JsonNode status = Json.MAPPER.readTree(run("kept", "30d", "status", "--json").out());
        assertThat(status.at("/stream/imagesKept").asLong()).isEqualTo(604_800);
        assertThat(status.at("/stream/batchesKept").asLong()).isEqualTo(604_800);
    }

    @Test
    void aTopicThatIsCompactedIsTold() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            NewTopic compacted = new NewTopic("compacted.checkpoints", 1, (short) 1);
            compacted.configs(Map.of("cleanup.policy", "compact"));
            admin.createTopics(List.of(compacted)).all().get();
        }
        Cli run = create("compacted", "90m");
        assertThat(run.out()).contains("forever, compacted", "90 min");
        assertThat(run.err().lines())
                .singleElement()
                .asString()
                .contains("topic compacted.checkpoints", "cleanup.policy=delete,retention.ms=-1");
    }
}
