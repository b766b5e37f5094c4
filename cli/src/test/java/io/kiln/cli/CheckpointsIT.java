package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.Start;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.operations.console.Json;
import io.kiln.schemas.AdapterFile;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.Compatibility;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.ProbeGroup;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SetFigures;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code kiln checkpoints} against a real broker and a real registry. */
@Timeout(120)
@ExtendWith(SharedServers.class)
class CheckpointsIT {
    @TempDir static Path folder;
    private static LocalBroker broker;
    private static LocalRegistry server;
    private static SchemaRegistry registry;

    @BeforeAll
    static void announceThreeVersionsAndRetireTheFirst(
            LocalBroker sharedBroker, LocalRegistry sharedRegistry) throws Exception {
        broker = sharedBroker;
        server = sharedRegistry;
        registry = new SchemaRegistry(server.url(), Duration.ofSeconds(10));
        try (Admin admin = Admin.create(kafka())) {
            admin.createTopics(List.of(new NewTopic("checkpoints", 1, (short) 1))).all().get();
        }
        for (long version = 1; version <= 3; version++) {
            send(event(version));
        }
        send(CheckpointEvents.withStatus(event(1), CheckpointStatus.RETIRED, Instant.EPOCH));
        Files.delete(folder.resolve("v1"));
    }

    private static Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    private static CheckpointEvent event(long version) throws IOException {
        return TestRecords.write(folder, "resnet50", "run-1", version, 10 * version);
    }

    private static void send(CheckpointEvent event) throws Exception {
        send("checkpoints", event);
    }

    private static void send(String topic, CheckpointEvent event) throws Exception {
        byte[] value = new RecordSerializer<CheckpointEvent>(registry).serialize(topic, event);
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, 0, "resnet50".getBytes(), value);
        CloudEventHeaders.of(event).addTo(record.headers());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        kafka(), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(record).get();
        }
    }

    private static Cli run(String... arguments) {
        String[] all = new String[arguments.length + 7];
        all[0] = "checkpoints";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        String[] settings = {
            "--set",
            "kafka.bootstrapServers=" + broker.bootstrapServers(),
            "--set",
            "registry.url=" + server.url(),
            "--set",
            "model.name=resnet50"
        };
        System.arraycopy(settings, 0, all, arguments.length + 1, settings.length);
        return Cli.run(all);
    }

    private static String ok(String... arguments) {
        Cli done = run(arguments);
        assertThat(done.exitCode()).as(done.err()).isZero();
        return done.out();
    }

    @Test
    void versionsThatWereEvaluatedShowTheirFiguresAndTheBestKeptOneIsNamed() throws Exception {
        String topic = "evaluations-of-three";
        String[] named = {"--set", "topics.evaluations=" + topic};
        Cli none = run("best", named[0], named[1]);
        assertThat(none.exitCode()).isEqualTo(1);
        assertThat(none.err()).contains("no version whose files are kept has a holdout loss");
        assertThat(run(with("groups", named)).err()).contains("no version was probed on groups");
        assertThat(ok("list", named[0], named[1])).doesNotContain("ANCHORS");
        try (Admin admin = Admin.create(kafka());
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                kafka(), new ByteArraySerializer(), new ByteArraySerializer())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            RecordSerializer<Evaluation> serializer = new RecordSerializer<>(registry);
            for (Evaluation one :
                    List.of(
                            evaluation(1, 0.3), // retired: its files are gone
                            evaluation(2, 0.6),
                            evaluation(3, 0.5),
                            evaluation(3, 0.9))) { // the first of a version stands
                producer.send(new ProducerRecord<>(topic, serializer.serialize(topic, one))).get();
            }
        }
        assertThat(ok("list", named[0], named[1]).lines())
                .anySatisfy(
                        line -> assertThat(line).containsPattern("ANCHORS +RECENT +RUNNING +RANK"))
                .anySatisfy(
                        line ->
                                assertThat(line)
                                        .containsPattern(
                                                "^3 .* 0.5000 +– +0.7000 +7.2 +0.125 +0.250$"));
        assertThat(ok("best", named[0], named[1]))
                .contains("v3 of step 30: holdout loss 0.5000 on 8 anchors");
        assertThat(
                        Json.MAPPER
                                .readTree(ok("best", "--json", named[0], named[1]))
                                .path("version")
                                .asLong())
                .isEqualTo(3);
    }

    @Test
    void theProbeDecidesAndAPromotionNamesTheAdapterFromTheVersionInUse() throws Exception {
        String[] named = {
            "--set", "topics.checkpoints=adapted", "--set", "topics.evaluations=adapted-evaluations"
        };
        Path file = Files.writeString(folder.resolve("adapter.safetensors"), "an adapter");
        Evaluation first = evaluation(2, 0.6);
        first.put("probe", probe(0.8, new ProbeGroup("night", 8, 0.5, 0.75)));
        Evaluation second = evaluation(3, 0.5);
        second.put(
                "probe",
                probe(
                        0.7,
                        new ProbeGroup("day", 12, 0.5, 0.65),
                        new ProbeGroup("night", 8, 0.5, 0.775)));
        second.put(
                "compatibility",
                new Compatibility(
                        "run-1", 2L, 64, 0.1, 0.2, 0.5, 0.9, Verdict.ADAPT, adapter(file)));
        try (Admin admin = Admin.create(kafka());
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                kafka(), new ByteArraySerializer(), new ByteArraySerializer())) {
            admin.createTopics(
                            List.of(
                                    new NewTopic("adapted", 1, (short) 1),
                                    new NewTopic("adapted-evaluations", 1, (short) 1)))
                    .all()
                    .get();
            RecordSerializer<Evaluation> serializer = new RecordSerializer<>(registry);
            for (Evaluation one : List.of(first, second)) {
                send("adapted", event(one.getVersion()));
                byte[] value = serializer.serialize("adapted-evaluations", one);
                producer.send(new ProducerRecord<>("adapted-evaluations", value)).get();
            }
        }
        assertThat(ok(with("list", named)).lines())
                .anySatisfy(line -> assertThat(line).containsPattern("ALIGN +PROBE +VERDICT"))
                .anySatisfy(line -> assertThat(line).containsPattern("^3 .* 0.700 +ADAPT$"));
        assertThat(ok(with("best", named))).contains("v2 of", "probe 80.0 % ± 2.0 of 20 pictures");
        assertThat(ok(with("groups", named)).lines().map(line -> line.split(" +")))
                .contains(
                        new String[] {"VERSION", "STEP", "PROBE", "day", "night"},
                        new String[] {"2", "20", "0.800", "–", "0.750"},
                        new String[] {"3", "30", "0.700", "0.650", "0.775"});

        assertThat(ok(with("promote", named, "3"))).contains("v3 promoted");
        assertThat(ok(with("show", named, "3"))).doesNotContain("ADAPTER"); // v2 is not in use
        assertThat(ok(with("promote", named, "2"))).contains("v2 promoted");
        ok(with("revoke", named, "3"));
        assertThat(ok(with("promote", named, "3"))).contains("v3 promoted");
        assertThat(ok(with("show", named, "3"))).contains("ADAPTER", "adapter.safetensors");
    }

    private static String[] with(String verb, String[] settings, String... arguments) {
        List<String> all = new ArrayList<>(List.of(verb));
        all.addAll(List.of(arguments));
        all.addAll(List.of(settings));
        return all.toArray(String[]::new);
    }

    private static AdapterFile adapter(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        return new AdapterFile(file.toUri().toString(), (long) content.length, Sha256.hex(content));
    }

    private static ProbeFigures probe(double linear, ProbeGroup... groups) {
        return new ProbeFigures(20, 2, "cd", 5, 0.5, 0.6, 0.02, linear, 0.02, List.of(groups));
    }

    private static Evaluation evaluation(long version, double loss) {
        return Evaluation.newBuilder()
                .setRunId("run-1")
                .setModel("resnet50")
                .setVersion(version)
                .setStep(10 * version)
                .setSamplesSeen(320 * version)
                .setTrainingLoss(loss)
                .setFeatureSize(64)
                .setAnchors(new SetFigures(8, "ab", loss, 7.2, 0.9, 0.125, 0.7, 0.25))
                .setRecent(new SetFigures(0, "ab", null, null, null, null, null, null))
                .setSkippedVersions(List.of())
                .setProblems(List.of())
                .build();
    }

    @Test
    void versionsArePromotedAndRevokedByEventsThatSubscribersSee() throws Exception {
        assertThat(ok("list").lines())
                .anySatisfy(line -> assertThat(line).containsPattern("^1 +RETIRED"))
                .anySatisfy(line -> assertThat(line).containsPattern("^2 +CANDIDATE"));

        assertThat(ok("promote", "2")).contains("v2 promoted");
        assertThat(ok("promote", "2")).contains("is promoted already");
        JsonNode shown = Json.MAPPER.readTree(ok("show", "2", "--json"));
        assertThat(shown.path("status").asText()).isEqualTo("PROMOTED");
        assertThat(ok("revoke", "2")).contains("v2 revoked");
        assertThat(ok("promote", "2")).contains("v2 promoted");
        assertThat(ok("list", "--status", "promoted", "--json").lines()).hasSize(1);

        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(kafka(), registry, "checkpoints", Start.BEGINNING)) {
            List<CheckpointEvent> events = subscriber.poll(Duration.ofSeconds(10));
            assertThat(events)
                    .extracting(CheckpointEvent::getEventId)
                    .doesNotHaveDuplicates()
                    .endsWith("run-1-v2-promoted-1", "run-1-v2-revoked-2", "run-1-v2-promoted-3");
        }

        Cli retired = run("promote", "1");
        assertThat(retired.exitCode()).isEqualTo(1);
        assertThat(retired.err()).contains("version 1 cannot be promoted", "it has been retired");
        Cli unknown = run("revoke", "9");
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.err())
                .contains("run run-1 of model resnet50 has no version 9; it has 1 to 3");
    }
}
