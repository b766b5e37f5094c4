package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import io.kiln.local.SharedServers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kafka forgets where a run began, a while after it was last told. */
@Timeout(60)
@ExtendWith(SharedServers.class)
class SentBeforeIT {
    private static final String TOPIC = "begun";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

    private static Map<String, Object> settings;
    private static KilnConfig config;

    @BeforeAll
    static void create(LocalBroker broker) throws Exception {
        settings = Map.of("bootstrap.servers", broker.bootstrapServers());
        config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "kafka.bootstrapServers=" + broker.bootstrapServers(),
                                "kafka.connectTimeout=20s",
                                "topics.images=" + TOPIC));
        try (Admin admin = Admin.create(settings)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
        }
    }

    /** Offsets of a run that Kafka was told, one after the other. */
    private static long told(String run) {
        String group = "kiln-ingest-" + run;
        long told = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = new ArrayList<>();
            consumer.partitionsFor("__consumer_offsets")
                    .forEach(p -> all.add(new TopicPartition(p.topic(), p.partition())));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                for (var commit : consumer.poll(Duration.ofSeconds(1))) {
                    String key = new String(commit.key(), StandardCharsets.ISO_8859_1);
                    told += key.contains(group) && key.contains(TOPIC) ? 1 : 0;
                }
            }
        }
        return told;
    }

    @Test
    void runThatIsStartedAgainTellsKafkaAgainWhereItBegan() throws Exception {
        SentBefore.ofRun(config, "again").close();
        assertThat(told("again")).isEqualTo(1);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(TOPIC, new byte[] {1})).get();
        }
        SentBefore.ofRun(config, "again").close();
        assertThat(told("again")).isEqualTo(2);
        try (RunOffsets offsets = new RunOffsets(config.kafka(), "again", Duration.ofHours(1));
                Admin admin = Admin.create(settings)) {
            long end =
                    admin.listOffsets(Map.of(PARTITION, OffsetSpec.latest()))
                            .partitionResult(PARTITION)
                            .get()
                            .offset();
            assertThat(offsets.read(Set.of(PARTITION))).containsEntry(PARTITION, end - 1);
        }
    }

    @Test
    void runThatLivesTellsKafkaFromTimeToTimeWhereItBegan() throws Exception {
        try (RunOffsets offsets = new RunOffsets(config.kafka(), "long", Duration.ofMillis(50))) {
            offsets.keep(Map.of(PARTITION, 0L));
            while (told("long") < 3) { // within the time-out of the class
                Thread.sleep(50);
            }
            assertThat(offsets.read(Set.of(PARTITION))).containsEntry(PARTITION, 0L);
        }
    }
}
