package io.kiln.evaluation.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.time.Instant;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The order of promotions, with a registry that knows their schema. */
class PromotedVersionsIT {
    private static final String TOPIC = TestServers.unique("promoted");

    private KeyedOneInputStreamOperatorTestHarness<String, byte[], Long> harness;

    /** Gives the version promoted last, after each event. */
    private static final class Last extends KeyedProcessFunction<String, byte[], Long> {
        private static final long serialVersionUID = 1L;

        private final JobRecords<CheckpointEvent> records;
        private transient PromotedVersions versions;

        Last(JobRecords<CheckpointEvent> records) {
            this.records = records;
        }

        @Override
        public void open(OpenContext context) {
            versions = new PromotedVersions(records, getRuntimeContext());
        }

        @Override
        public void processElement(byte[] value, Context context, Collector<Long> out)
                throws Exception {
            versions.becomes(records.read(value), value, false);
            out.collect(versions.lastBut(candidate(99)).getVersion());
        }
    }

    @BeforeEach
    void open() throws Exception {
        KilnConfig config =
                KilnConfig.parse("", List.of("registry.url=" + TestServers.registryUrl()));
        Last last = new Last(new JobRecords<>(config, CheckpointEvent.class, TOPIC));
        harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new KeyedProcessOperator<>(last), value -> "run", Types.STRING);
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private static CheckpointEvent candidate(long version) {
        return TestRecords.event("tiny", "run-1", version, version).build();
    }

    private static byte[] becomes(long version, CheckpointStatus status) {
        CheckpointEvent event =
                CheckpointEvents.withStatus(candidate(version), status, Instant.now());
        return new RecordSerializer<CheckpointEvent>(TestServers.registry())
                .serialize(TOPIC, event);
    }

    @Test
    void aDecisionThatIsReadBackBehindAnotherPromotionComesLastAsInTheTopic() throws Exception {
        harness.processElement(becomes(5, CheckpointStatus.PROMOTED), 0); // decided
        harness.processElement(
                becomes(3, CheckpointStatus.PROMOTED), 0); // promoted by a person meanwhile
        harness.processElement(becomes(5, CheckpointStatus.PROMOTED), 0); // visible
        assertThat(harness.extractOutputValues()).containsExactly(5L, 3L, 5L);
    }

    @Test
    void readingDecisionsBackForgetsNoOtherPromotion() throws Exception {
        for (long version = 1; version <= 32; version++) {
            harness.processElement(becomes(version, CheckpointStatus.PROMOTED), 0);
            harness.processElement(becomes(version, CheckpointStatus.PROMOTED), 0);
        }
        for (long version = 32; version > 1; version--) {
            harness.processElement(becomes(version, CheckpointStatus.REVOKED), 0);
        }
        assertThat(harness.extractOutputValues()).last().isEqualTo(1L);
    }
}
