package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.local.LocalBroker;
import io.kiln.local.SharedServers;
import io.kiln.operations.console.Json;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.DeadLetterHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code kiln dlq} against a real broker. */
@Timeout(120)
@ExtendWith(SharedServers.class)
class DlqIT {
    private static LocalBroker broker;

    @BeforeAll
    static void share(LocalBroker shared) {
        broker = shared;
    }

    @Test
    void listsAndShowsWhatTheMaskingJobWrote() throws Exception {
        createTopics("a");
        deadLetters("a", List.of("TRUNCATED", "UNSUPPORTED", "TRUNCATED"));
        List<JsonNode> listed = new ArrayList<>();
        for (String line : ok("a", "list", "--json", "--reason", "truncated").lines().toList()) {
            listed.add(Json.MAPPER.readTree(line));
        }
        assertThat(listed).extracting(node -> node.path("offset").asLong()).containsExactly(0L, 2L);
        assertThat(listed.get(1).path("source").asText()).isEqualTo("file:/pictures/2.jpg");
        assertThat(ok("a", "list")).contains("3 dead letters: 2 TRUNCATED, 1 UNSUPPORTED");
        assertThat(ok("a", "list", "--source", "/1.jpg")).contains("1 dead letters");
        assertThat(ok("a", "list", "--until", "1h")).contains("no dead letters");
        assertThat(ok("a", "show", "1")).contains("a.images-0@11").contains("UNSUPPORTED");
        Cli unknown = run("a", "show", "99");
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.err()).contains("no dead letter at offset 99");
    }

    @Test
    void replayedRecordsKeepTheirIdentityAndAreSentOnce() throws Exception {
        createTopics("b");
        deadLetters("b", List.of("TRUNCATED", "UNSUPPORTED", "TRUNCATED"));
        assertThat(ok("b", "replay", "--all", "--dry-run")).contains("would send 3");
        assertThat(CommittedRecords.of(broker.bootstrapServers(), "b.images")).isEmpty();

        assertThat(ok("b", "replay", "--reason", "TRUNCATED")).contains("sent 2");
        assertThat(ok("b", "list")).contains("1 dead letters: 1 UNSUPPORTED");
        assertThat(ok("b", "replay", "--all")).contains("sent 1 ");
        assertThat(ok("b", "replay", "--all")).contains("sent 0 ");
        List<ConsumerRecord<byte[], byte[]>> sent =
                CommittedRecords.of(broker.bootstrapServers(), "b.images");
        assertThat(sent)
                .extracting(record -> text(record.key()) + " " + text(record.value()))
                .containsExactly("id 0 bytes 0", "id 2 bytes 2", "id 1 bytes 1");
        assertThat(text(sent.get(1).headers().lastHeader(DeadLetterHeaders.REPLAY_OF).value()))
                .isEqualTo("b.images-0@12");
        assertThat(ok("b", "list", "--replayed")).contains("3 dead letters");
    }

    @Test
    void aReplayThatWasKilledLeavesNothingAndTheNextOneSendsAll() throws Exception {
        createTopics("c");
        deadLetters("c", List.of("TRUNCATED", "TRUNCATED"));
        Map<String, Object> settings = kafka();
        settings.put("transactional.id", "kiln-dlq-replay-c.dlq");
        try (KafkaProducer<byte[], byte[]> killed =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            killed.initTransactions();
            killed.beginTransaction();
            killed.send(new ProducerRecord<>("c.images", bytes("id 0"), bytes("bytes 0"))).get();
            ProducerRecord<byte[], byte[]> mark = new ProducerRecord<>("c.dlq", null, null);
            mark.headers().add(DeadLetterHeaders.REPLAYED, bytes("0"));
            killed.send(mark).get();
            assertThat(ok("c", "replay", "--all")).contains("sent 2");
            killed.close(Duration.ZERO);
        }
        assertThat(CommittedRecords.of(broker.bootstrapServers(), "c.images"))
                .extracting(record -> text(record.key()))
                .containsExactly("id 0", "id 1");
    }

    @Test
    void whatCannotBeSentIsNamedAndTheRestGoes() throws Exception {
        createTopics("d");
        deadLetters("d", List.of("TRUNCATED"));
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.send(deadLetter("d", "TOO_MANY_BYTES", 7, null)).get();
            producer.send(deadLetter("d", "other.images", "TRUNCATED", 8, bytes("bytes"))).get();
        }
        Cli run = run("d", "replay", "--all");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("cannot be sent: 1, holds no image")
                .contains("cannot be sent: 2, from topic other.images")
                .contains("sent 1 dead letters");
    }

    @Test
    void theDeadLettersToSendMustBeSelected() {
        Cli neither = run("e", "replay");
        assertThat(neither.exitCode()).isEqualTo(2);
        assertThat(neither.err()).contains("without any of them, with --all");
        assertThat(run("e", "replay", "--all", "3").exitCode()).isEqualTo(2);
        Cli noTime = run("e", "list", "--since", "yesterday");
        assertThat(noTime.exitCode()).isEqualTo(2);
        assertThat(noTime.err()).contains("--since yesterday: expected a time such as");
    }

    private static void deadLetters(String name, List<String> reasons) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < reasons.size(); i++) {
                producer.send(deadLetter(name, reasons.get(i), i, bytes("bytes " + i))).get();
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> deadLetter(
            String name, String reason, int number, byte[] value) {
        return deadLetter(name, name + ".images", reason, number, value);
    }

    private static ProducerRecord<byte[], byte[]> deadLetter(
            String name, String topic, String reason, int number, byte[] value) {
        ProducerRecord<byte[], byte[]> deadLetter =
                new ProducerRecord<>(name + ".dlq", bytes("id " + number), value);
        Map.of(
                        DeadLetterHeaders.REASON,
                        reason,
                        DeadLetterHeaders.DETAIL,
                        "why " + number,
                        DeadLetterHeaders.TOPIC,
                        topic,
                        DeadLetterHeaders.PARTITION,
                        "0",
                        DeadLetterHeaders.OFFSET,
                        Integer.toString(10 + number),
                        DeadLetterHeaders.SOURCE,
                        "file:/pictures/" + number + ".jpg")
                .forEach((header, text) -> deadLetter.headers().add(header, bytes(text)));
        return deadLetter;
    }

    private static void createTopics(String name) throws Exception {
        try (Admin admin = Admin.create(kafka())) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(name + ".images", 1, (short) 1),
                                    new NewTopic(name + ".dlq", 1, (short) 1)))
                    .all()
                    .get();
        }
    }

    private static String ok(String name, String... arguments) {
        Cli run = run(name, arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    private static Cli run(String name, String... arguments) {
        List<String> all = new ArrayList<>(List.of("dlq"));
        all.addAll(Arrays.asList(arguments));
        for (String override :
                List.of(
                        "kafka.bootstrapServers=" + broker.bootstrapServers(),
                        "topics.images=" + name + ".images",
                        "topics.deadLetters=" + name + ".dlq")) {
            all.addAll(List.of("--set", override));
        }
        return Cli.run(all.toArray(String[]::new));
    }

    private static KafkaProducer<byte[], byte[]> producer() {
        return new KafkaProducer<>(kafka(), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static Map<String, Object> kafka() {
        return new HashMap<>(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
