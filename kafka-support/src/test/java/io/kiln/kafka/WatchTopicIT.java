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
    private final String topic = TestServers.unique("watched");
    private final KilnConfig config =
            KilnConfig.parse("", List.of("kafka.bootstrapServers=" + TestServers.broker()));

    private OneInputStreamOperatorTestHarness<String, String> harness() throws Exception {
        var harness = new OneInputStreamOperatorTestHarness<>(WatchTopic.<String>on(config, topic));
        harness.setup(
                Types.STRING.createSerializer(
                        new org.apache.flink.api.common.serialization.SerializerConfigImpl()));
        return harness;
    }

    private void create() throws Exception {
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
                                create();
                                return true;
                            });
        }
    }

    @Test
    void topicMadeAgainStopsTheJobForGoodBeforeTheNextCheckpointAndAtEachStart() throws Exception {
        create();
        OperatorSubtaskState state;
        try (var harness = harness()) {
            harness.open();
            harness.processElement(new StreamRecord<>("a record"));
            harness.prepareSnapshotPreBarrier(1);
            state = harness.snapshot(1, 1);
            assertThat(harness.extractOutputValues()).containsExactly("a record");
            makeAgain();
            assertThatThrownBy(() -> harness.prepareSnapshotPreBarrier(2))
                    .isInstanceOf(NonRecoverableJobException.class)
                    .cause()
                    .hasMessageContainingAll(topic, "deleted and made again", "training.runId");
        }
        try (var harness = harness()) {
            assertThatThrownBy(() -> harness.initializeState(state))
                    .isInstanceOf(NonRecoverableJobException.class);
        }
    }

    @Test
    void sameTopicIsGoneOnWith() throws Exception {
        create();
        OperatorSubtaskState state;
        try (var harness = harness()) {
            harness.open();
            state = harness.snapshot(1, 1);
        }
        try (var harness = harness()) {
            harness.initializeState(state);
            harness.open();
            harness.prepareSnapshotPreBarrier(2);
            harness.processElement(new StreamRecord<>("another record"));
            assertThat(harness.extractOutputValues()).containsExactly("another record");
        }
    }
}
