package io.kiln.training.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.clock.RelativeClock;
import org.apache.flink.util.clock.SystemClock;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.junit.jupiter.api.Test;

class OffsetWatermarksTest {
    private final List<Long> emitted = new ArrayList<>();

    private final WatermarkOutput output =
            new WatermarkOutput() {
                @Override
                public void emitWatermark(Watermark watermark) {
                    emitted.add(watermark.getTimestamp());
                }

                @Override
                public void markIdle() {
                    throw new AssertionError("a partition without batches holds back the others");
                }

                @Override
                public void markActive() {
                    throw new AssertionError("no partition was idle");
                }
            };

    private static KilnConfig partitions(int partitions) {
        return KilnConfig.parse("", List.of("topics.partitionsPerTrainer=" + partitions));
    }

    private static WatermarkGenerator<BatchInput> generator(KilnConfig config) {
        return OffsetWatermarks.aligned(config)
                .createWatermarkGenerator(
                        new WatermarkGeneratorSupplier.Context() {
                            @Override
                            public UnregisteredMetricsGroup getMetricGroup() {
                                return new UnregisteredMetricsGroup();
                            }

                            @Override
                            public RelativeClock getInputActivityClock() {
                                return SystemClock.getInstance();
                            }
                        });
    }

    /** Offsets have gaps: a transaction's marker takes one, an aborted batch another. */
    @Test
    void watermarkCountsBatchesWhateverTheirOffsets() {
        WatermarkGenerator<BatchInput> generator = generator(partitions(2));
        generator.onPeriodicEmit(output);
        for (long offset : new long[] {7, 9, 40}) {
            generator.onEvent(new BatchInput("batches", 1, offset, new byte[0]), 123, output);
        }
        generator.onPeriodicEmit(output);
        assertThat(emitted).containsExactly(0L, 1L, 2L, 3L, 3L);
    }

    @Test
    void eachPartitionHasAGeneratorOfItsOwn() {
        KilnConfig config = partitions(2);
        generator(config).onEvent(new BatchInput("batches", 0, 0, new byte[0]), 0, output);
        generator(config).onEvent(new BatchInput("batches", 1, 0, new byte[0]), 0, output);
        assertThat(emitted).containsExactly(1L, 1L);
    }

    @Test
    void partitionsAreAlignedOnlyWhereThereAreSeveral() {
        assertThat(OffsetWatermarks.aligned(partitions(1)).getAlignmentParameters().isEnabled())
                .isFalse();
        assertThat(OffsetWatermarks.aligned(partitions(2)).getAlignmentParameters().isEnabled())
                .isTrue();
        assertThat(OffsetWatermarks.source(partitions(2)))
                .containsEntry(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "4");
        assertThat(OffsetWatermarks.source(partitions(1)))
                .doesNotContainKey(ConsumerConfig.MAX_POLL_RECORDS_CONFIG);
    }
}
