package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.cli.Kiln;
import io.kiln.config.KilnConfig;
import io.kiln.evaluation.job.EvaluationJob;
import io.kiln.kafka.Grant;
import io.kiln.kafka.JobArguments;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.KilnTopics;
import io.kiln.kafka.Part;
import io.kiln.masking.job.MaskingJob;
import io.kiln.schemas.Topic;
import io.kiln.training.job.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The manifests for Kubernetes say what Kiln needs, and their arguments are read by what they
 * start. {@code .ci/kubernetes} compares them with the schemas of the operators.
 */
class KubernetesTest {
    private static final Path FOLDER = Path.of("../deploy/kubernetes");

    @TempDir private Path folder;

    private static List<JsonNode> documents(String file) throws IOException {
        YAMLMapper mapper = new YAMLMapper();
        try (var parser = new YAMLFactory().createParser(FOLDER.resolve(file).toFile())) {
            return mapper.readValues(parser, JsonNode.class).readAll();
        }
    }

    private static List<JsonNode> ofKind(String file, String kind) throws IOException {
        return documents(file).stream().filter(d -> d.path("kind").asText().equals(kind)).toList();
    }

    /** Writes the configuration where a command line can find it. */
    private Path configuration() throws IOException {
        String text = ofKind("kiln.yaml", "ConfigMap").get(0).at("/data/kiln.yaml").asText();
        return Files.writeString(folder.resolve("kiln.yaml"), text);
    }

    /** A command line with the path of this machine. */
    private String[] onThisMachine(JsonNode arguments) throws IOException {
        Path file = configuration();
        List<String> all = new ArrayList<>();
        arguments.forEach(
                argument ->
                        all.add(argument.asText().replace("/etc/kiln/kiln.yaml", file.toString())));
        return all.toArray(String[]::new);
    }

    @ParameterizedTest
    @EnumSource(KilnJob.class)
    void theArgumentsOfAJobDefineIt(KilnJob job) throws IOException {
        JsonNode deployment = ofKind(job.word() + ".yaml", "FlinkDeployment").get(0);
        JsonNode described = deployment.at("/spec/job");
        assertThat(described.path("jarURI").asText())
                .isEqualTo("local:///opt/kiln/" + job.word() + "-job.jar");
        assertThat(Files.readString(Path.of("../deploy/Dockerfile")))
                .contains(" /opt/kiln/" + job.word() + "-job.jar");
        KilnConfig config = JobArguments.parse(onThisMachine(described.path("args")));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        switch (job) {
            case MASKING -> MaskingJob.define(env, config);
            case TRAINING -> TrainingJob.define(env, config);
            case EVALUATION -> EvaluationJob.define(env, config);
        }
        assertThat(env.getStreamGraph().getStreamNodes()).isNotEmpty();
        assertThat(deployment.toString())
                .contains("\"secretName\":\"kiln-" + job.word() + "\"", "/run/secrets/kafka");
        assertThat(config.kafka().properties())
                .containsEntry("sasl.jaas.config", "${file:/run/secrets/kafka/sasl.jaas.config}");
    }

    /** The operator refuses last-state without a folder, and Flink's user is 9999. */
    @ParameterizedTest
    @EnumSource(KilnJob.class)
    void theOperatorKnowsTheCheckpointsAndPodsMayWriteThem(KilnJob job) throws IOException {
        JsonNode spec = ofKind(job.word() + ".yaml", "FlinkDeployment").get(0).path("spec");
        KilnConfig config = KilnConfig.load(configuration(), List.of());
        assertThat(spec.path("flinkConfiguration").path("execution.checkpointing.dir").asText())
                .isEqualTo(config.flink().checkpointDirectory());
        assertThat(spec.at("/podTemplate/spec/securityContext/fsGroup").asInt()).isEqualTo(9999);
    }

    @Test
    void theCommandLineOfTheTopicsIsOneOfKiln() throws IOException {
        JsonNode container =
                ofKind("kiln.yaml", "Job").get(0).at("/spec/template/spec/containers/0");
        String[] command = onThisMachine(container.path("command"));
        assertThat(command[0]).isEqualTo("kiln");
        var parsed =
                Kiln.commandLine()
                        .parseArgs(
                                List.of(command).subList(1, command.length).toArray(String[]::new));
        assertThat(parsed.asCommandLineList()).hasSize(3);
        assertThat(parsed.unmatched()).isEmpty();
    }

    @Test
    void topicsAreThoseThatKilnWouldCreate() throws IOException {
        KilnConfig config = KilnConfig.load(configuration(), List.of());
        Map<String, List<String>> found = new HashMap<>();
        for (JsonNode topic : ofKind("kafka.yaml", "KafkaTopic")) {
            JsonNode spec = topic.path("spec");
            found.put(
                    topic.at("/metadata/name").asText(),
                    List.of(
                            spec.path("partitions").asText(),
                            spec.path("replicas").asText(),
                            spec.at("/config/retention.ms").asText(),
                            spec.at("/config/max.message.bytes").asText()));
        }
        Map<String, List<String>> expected = new HashMap<>();
        for (Topic topic : KilnTopics.of(config.topics()).all()) {
            boolean dead = topic.name().equals(config.topics().deadLetters());
            expected.put(
                    topic.name(),
                    List.of(
                            Integer.toString(topic.partitions()),
                            Integer.toString(config.topics().replication()),
                            Long.toString(
                                    topic.retention() == null ? -1 : topic.retention().toMillis()),
                            Integer.toString(
                                    dead ? Topic.MAX_DEAD_LETTER_BYTES : Topic.MAX_RECORD_BYTES)));
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void usersMayDoWhatTheirPartNeedsAndNothingElse() throws IOException {
        Map<String, Set<Grant>> found = new HashMap<>();
        for (JsonNode user : ofKind("kafka.yaml", "KafkaUser")) {
            Set<Grant> grants = new HashSet<>();
            user.at("/spec/authorization/acls").forEach(acl -> grants.add(grant(acl)));
            found.put(user.at("/metadata/name").asText(), grants);
        }
        Map<String, Set<Grant>> expected = new HashMap<>();
        for (Part part : Part.values()) {
            expected.put(
                    "kiln-" + part.name().toLowerCase(Locale.ROOT),
                    Set.copyOf(part.grants(KilnConfig.defaults().topics())));
        }
        assertThat(found).isEqualTo(expected);
    }

    private static Grant grant(JsonNode acl) {
        JsonNode resource = acl.path("resource");
        Set<AclOperation> operations = new HashSet<>();
        acl.path("operations")
                .forEach(
                        name ->
                                operations.add(
                                        AclOperation.fromString(
                                                name.asText().replaceAll("(?<=.)(?=[A-Z])", "_"))));
        ResourceType type =
                switch (resource.path("type").asText()) {
                    case "topic" -> ResourceType.TOPIC;
                    case "group" -> ResourceType.GROUP;
                    default -> ResourceType.TRANSACTIONAL_ID;
                };
        return new Grant(
                type,
                resource.path("name").asText(),
                resource.path("patternType").asText("literal").equals("prefix"),
                operations);
    }
}
