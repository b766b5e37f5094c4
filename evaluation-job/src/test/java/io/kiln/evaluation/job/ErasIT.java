package io.kiln.evaluation.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.EraImages;
import io.kiln.evaluation.images.TestImages;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestServers;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

/** Eras in the state of a job, with a registry that knows the schema of images. */
class ErasIT {
    private static final String TOPIC = TestServers.unique("eras");

    private final RecordSerializer<SparseBatch> serializer =
            new RecordSerializer<>(TestServers.registry());

    /** After each image, gives the first, the last, and an image of each era, for all images. */
    private static final class Over extends KeyedProcessFunction<String, byte[], long[]> {
        private static final long serialVersionUID = 1L;

        private final KilnConfig config;
        private final JobRecords<SparseBatch> records;
        private transient Eras eras;

        Over(KilnConfig config) {
            this.config = config;
            this.records = new JobRecords<>(config, SparseBatch.class, TOPIC);
        }

        @Override
        public void open(OpenContext context) {
            eras = new Eras(config.evaluation(), records, getRuntimeContext());
        }

        @Override
        public void processElement(byte[] value, Context context, Collector<long[]> out)
                throws Exception {
            SparseBatch added = records.read(value);
            eras.add(added.getImages().get(0).getImageId(), new KafkaInput(TOPIC, 0, 0, value));
            for (EraImages era : eras.over()) {
                for (SparseBatch image : era.images()) {
                    long number = image.getImages().get(0).getOffset() + 1;
                    out.collect(new long[] {era.first(), era.last(), number});
                }
            }
        }
    }

    private static KeyedOneInputStreamOperatorTestHarness<String, byte[], long[]> harness(
            int eraImages) throws Exception {
        KilnConfig config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "registry.url=" + TestServers.registryUrl(),
                                "evaluation.eraImages=" + eraImages));
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(new Over(config)), value -> "run", Types.STRING);
    }

    private void adds(
            KeyedOneInputStreamOperatorTestHarness<String, byte[], long[]> harness,
            int from,
            int to)
            throws Exception {
        for (int i = from; i < to; i++) {
            harness.processElement(serializer.serialize(TOPIC, TestImages.one(i)), 0);
        }
    }

    @Test
    void erasKeepTheirLengthIfAnotherIsConfigured() throws Exception {
        OperatorSubtaskState state;
        try (var harness = harness(10)) {
            harness.open();
            adds(harness, 0, 50);
            state = harness.snapshot(1, 0);
        }
        try (var harness = harness(100)) {
            harness.initializeState(state);
            harness.open();
            adds(harness, 50, 110);
            List<long[]> all = harness.extractOutputValues();
            assertThat(all).allSatisfy(one -> assertThat(one[2]).isBetween(one[0], one[1]));
            assertThat(all.get(all.size() - 1)).startsWith(101, 110);
        }
    }
}
