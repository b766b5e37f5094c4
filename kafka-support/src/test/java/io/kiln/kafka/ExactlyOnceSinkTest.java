package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.streaming.runtime.operators.sink.SinkWriterOperatorFactory;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class ExactlyOnceSinkTest {
    /** Counts those that are open. */
    private static final class CountedGuard implements SinkGuard {
        private static final long serialVersionUID = 1L;
        private static final AtomicInteger OPENED = new AtomicInteger();
        private static final AtomicInteger CLOSED = new AtomicInteger();

        @Override
        public void opening(OptionalLong restoredCheckpoint, int subtask) {
            OPENED.incrementAndGet();
        }

        @Override
        public void committing() {}

        @Override
        public void snapshotted(long checkpoint) {}

        @Override
        public void close() {
            CLOSED.incrementAndGet();
        }
    }

    @Test
    void writerThatCannotBeOpenedLeavesNoGuardOpen() throws Exception {
        KilnConfig config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "kafka.properties={security.protocol: SSL,"
                                        + " ssl.keystore.location: /absent}"));
        KafkaRecordSerializationSchema<String> serializer =
                KafkaRecordSerializationSchema.<String>builder()
                        .setTopic("records")
                        .setValueSerializationSchema(text -> text.getBytes(StandardCharsets.UTF_8))
                        .build();
        ExactlyOnceSink<String> sink =
                ExactlyOnceSink.of(config, "ids", serializer).guardedBy(new CountedGuard());
        try (var writer =
                new OneInputStreamOperatorTestHarness<>(new SinkWriterOperatorFactory<>(sink))) {
            assertThatThrownBy(writer::open)
                    .hasMessageContaining("Failed to construct kafka producer");
        }
        assertThat(CountedGuard.OPENED).hasValue(1);
        assertThat(CountedGuard.CLOSED).hasValue(1);
    }
}
