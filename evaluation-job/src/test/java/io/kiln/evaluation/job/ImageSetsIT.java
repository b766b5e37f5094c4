package io.kiln.evaluation.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.AnchorKey;
import io.kiln.evaluation.images.TestImages;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestServers;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

/** Anchors in the state of a job, with a registry that knows the schema of images. */
class ImageSetsIT {
    private static final String TOPIC = TestServers.unique("sets");

    private final RecordSerializer<SparseBatch> serializer =
            new RecordSerializer<>(TestServers.registry());

    /** After each image, gives the anchors' ids. */
    private static final class Anchors extends KeyedProcessFunction<String, byte[], List<String>> {
        private static final long serialVersionUID = 1L;

        private final KilnConfig config;
        private final boolean older;
        private final JobRecords<SparseBatch> records;
        private transient ImageSets sets;

        /**
         * @param older whether the state is that of a Kiln that did not know the highest key
         */
        Anchors(KilnConfig config, boolean older) {
            this.config = config;
            this.older = older;
            this.records = new JobRecords<>(config, SparseBatch.class, TOPIC);
        }

        @Override
        public void open(OpenContext context) {
            sets = new ImageSets(config.evaluation(), records, getRuntimeContext());
        }

        @Override
        public void processElement(byte[] value, Context context, Collector<List<String>> out)
                throws Exception {
            sets.add(records.read(value), new KafkaInput(TOPIC, 0, 0, value));
            if (older) {
                getRuntimeContext()
                        .getState(new ValueStateDescriptor<>("anchors-highest-key", Types.LONG))
                        .clear();
            }
            out.collect(
                    sets.anchors().stream()
                            .map(one -> one.getImages().get(0).getImageId())
                            .toList());
        }
    }

    /** Adds images to a job, and gives the anchors behind the last one. */
    private List<String> anchors(
            KeyedOneInputStreamOperatorTestHarness<String, byte[], List<String>> harness,
            int from,
            int to)
            throws Exception {
        for (int i = from; i < to; i++) {
            harness.processElement(serializer.serialize(TOPIC, TestImages.one(i)), 0);
        }
        List<List<String>> all = harness.extractOutputValues();
        return all.get(all.size() - 1);
    }

    private static KeyedOneInputStreamOperatorTestHarness<String, byte[], List<String>> harness(
            int anchors, boolean older) throws Exception {
        KilnConfig config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "registry.url=" + TestServers.registryUrl(),
                                "evaluation.anchors=" + anchors));
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(new Anchors(config, older)),
                value -> "run",
                Types.STRING);
    }

    /** The anchors after some images, a restart with 32 of them, and as many images again. */
    private List<String> grown(int anchors, int images, boolean older) throws Exception {
        OperatorSubtaskState state;
        try (var harness = harness(anchors, older)) {
            harness.open();
            anchors(harness, 0, images);
            state = harness.snapshot(1, 0);
        }
        try (var harness = harness(32, false)) {
            harness.initializeState(state);
            harness.open();
            return anchors(harness, images, 2 * images);
        }
    }

    private static long[] keys(int images) {
        return IntStream.range(0, images)
                .mapToLong(i -> AnchorKey.of("image " + i))
                .sorted()
                .toArray();
    }

    private static List<String> upTo(long highest, int images) {
        return IntStream.range(0, images)
                .mapToObj(i -> "image " + i)
                .filter(id -> AnchorKey.of(id) <= highest)
                .toList();
    }

    @Test
    void aLargerSampleIsAsEvenAsTheSmallerOne() throws Exception {
        assertThat(grown(8, 200, false))
                .hasSizeGreaterThan(8)
                .containsExactlyInAnyOrderElementsOf(upTo(keys(200)[8] - 1, 400));
    }

    @Test
    void aLargerSampleFromAnOlderStateIsAsEvenAsTheSmallerOne() throws Exception {
        assertThat(grown(8, 200, true))
                .hasSizeGreaterThan(8)
                .containsExactlyInAnyOrderElementsOf(upTo(keys(200)[7], 400));
    }

    @Test
    void anOlderStateInWhichNoAnchorHasMadeRoomTakesAllThatCome() throws Exception {
        assertThat(grown(32, 15, true)).hasSize(30);
        assertThat(grown(32, 200, true))
                .containsExactlyInAnyOrderElementsOf(upTo(keys(400)[31], 400));
    }
}
