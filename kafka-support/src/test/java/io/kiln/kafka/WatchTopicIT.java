package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.TestServers;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A topic that is deleted and made again under a job, on a real broker. */
@Timeout(120)
class WatchTopicIT {
    private static final String ADVICE = "To begin with it, do this";

    private final String topic = TestServers.unique("watched");
    private final KilnConfig config =
            KilnConfig.parse("", List.of("kafka.bootstrapServers=" + TestServers.broker()));

    private OneInputStreamOperatorTestHarness<String, String> harness(String name)
            throws Exception {
        var harness =
                new OneInputStreamOperatorTestHarness<>(
                        WatchTopic.<String>on(config, name, ADVICE));
        harness.setup(
                Types.STRING.createSerializer(
                        new org.apache.flink.api.common.serialization.SerializerConfigImpl()));
        return harness;
    }

    private static void create(String topic) throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
    }

    private void makeAgain() throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.deleteTopics(List.of(topic)).all().get();
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .until(
                            () -> {
                                create(topic);
                                return true;
                            });
        }
    }

    @Test
    void topicMadeAgainStopsTheJobForGoodBeforeTheNextCheckpointAndAtEachStart() throws Exception {
        create(topic);
        OperatorSubtaskState state;
        try (var harness = harness(topic)) {
            harness.open();
            harness.processElement(new StreamRecord<>("a record"));
            harness.prepareSnapshotPreBarrier(1);
            state = harness.snapshot(1, 1);
            assertThat(harness.extractOutputValues()).containsExactly("a record");
            makeAgain();
            assertThatThrownBy(() -> harness.prepareSnapshotPreBarrier(2))
                    .isInstanceOf(NonRecoverableJobException.class)
                    .cause()
                    .hasMessageContainingAll(topic, "deleted and made again", ADVICE);
        }
        try (var harness = harness(topic)) {
            assertThatThrownBy(() -> harness.initializeState(state))
                    .isInstanceOf(NonRecoverableJobException.class);
        }
    }

    @Test
    void anotherTopicInTheConfigurationStopsTheJobAtItsStart() throws Exception {
        create(topic);
        OperatorSubtaskState state;
        try (var harness = harness(topic)) {
            harness.open();
            state = harness.snapshot(1, 1);
        }
        String other = TestServers.unique("other");
        create(other);
        try (var harness = harness(other)) {
            assertThatThrownBy(() -> harness.initializeState(state))
                    .isInstanceOf(NonRecoverableJobException.class)
                    .cause()
                    .hasMessageContainingAll(
                            "topic "
                                    + other
                                    + " is not the one that this job's state was made with",
                            "or the configuration names another topic",
                            "set it back. " + ADVICE);
        }
    }

    @Test
    void sameTopicIsGoneOnWith() throws Exception {
        create(topic);
        OperatorSubtaskState state;
        try (var harness = harness(topic)) {
            harness.open();
            state = harness.snapshot(1, 1);
        }
        try (var harness = harness(topic)) {
            harness.initializeState(state);
            harness.open();
            harness.prepareSnapshotPreBarrier(2);
            harness.processElement(new StreamRecord<>("another record"));
            assertThat(harness.extractOutputValues()).containsExactly("another record");
        }
    }
}
