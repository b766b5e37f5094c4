package io.kiln.masking.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.images.Bitmap;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.TestImages;
import io.kiln.masking.order.ImagePartition;
import io.kiln.masking.order.PerceptualHash;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.ImageMasker;
import io.kiln.masking.sampling.MaskingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayImagesTest {
    private static final Bitmap SCENE = TestImages.scene(70, 90);
    private static final byte[] CONTENT = TestImages.jpeg(SCENE);

    private final List<KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage>>
            harnesses = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable harness : harnesses) {
            harness.close();
        }
    }

    private static KilnConfig config(String... replay) {
        List<String> overrides =
                new ArrayList<>(
                        List.of("input.height=64", "input.width=96", "ingest.maxImageBytes=10000"));
        for (String setting : replay) {
            overrides.add("masking." + setting);
        }
        return KilnConfig.parse("", overrides);
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness(
            KilnConfig config) throws Exception {
        var harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new KeyedProcessOperator<>(
                                new ReplayImages(
                                        MaskingPlan.of(config), MaskingPlan.limits(config))),
                        new ImagePartition(),
                        Types.STRING);
        harnesses.add(harness);
        return harness;
    }

    private static MaskedImage image(int partition, long offset, long hash, byte[] content) {
        return new MaskedImage(
                new Position("images", partition, offset),
                "id " + offset,
                hash,
                new MaskedView[0],
                0,
                content);
    }

    /** What goes out when an image comes in: its offset, then those of the replays. */
    private static List<Long> offsets(
            KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness,
            MaskedImage image)
            throws Exception {
        int before = harness.extractOutputValues().size();
        harness.processElement(image, 0);
        return harness.extractOutputValues().stream()
                .skip(before)
                .map(out -> out.position().offset())
                .toList();
    }

    @Test
    void replaysAreNewViewsOfOldImagesOfTheSamePartition() throws Exception {
        KilnConfig config = config("views=2", "replay.size=8", "replay.perImage=2");
        var harness = harness(config);
        harness.open();
        for (long offset = 0; offset < 20; offset++) {
            harness.processElement(image((int) (offset % 2), offset, 0, CONTENT), 0);
        }
        List<MaskedImage> out = harness.extractOutputValues();
        assertThat(out).hasSize(20 + 2 * (1 + 8 * 2)); // a partition's second image has one before
        assertThat(out.stream().filter(MaskedImage::replayed))
                .allMatch(image -> image.firstView() % 2 == 0 && image.views().length == 2);
        assertThat(out.stream().map(image -> image.position() + " " + image.firstView()))
                .doesNotHaveDuplicates();
        assertThat(out.stream().map(image -> image.position().partition() + image.imageId()))
                .allMatch(id -> (id.charAt(0) - '0') == Integer.parseInt(id.substring(4)) % 2);

        MaskedImage replay = out.stream().filter(i -> i.firstView() == 4).findFirst().orElseThrow();
        try (ImageDecoder decoder = decoder(config)) {
            MaskedImage expected =
                    new ImageMasker(MaskingPlan.of(config))
                            .replay(replay.position(), "", 4, decoder.decode(CONTENT));
            assertThat(replay.views()[1].crop()).isEqualTo(expected.views()[1].crop());
            assertThat(replay.views()[1].visiblePatches())
                    .isEqualTo(expected.views()[1].visiblePatches());
            assertThat(replay.views()[1].crop()).isNotEqualTo(replay.views()[0].crop());
        }
    }

    private static ImageDecoder decoder(KilnConfig config) {
        DecodeLimits limits = MaskingPlan.limits(config);
        return new ImageDecoder(limits, 3, MaskingPlan.of(config).scale());
    }

    @ParameterizedTest
    @CsvSource({"fifo, hashmap", "reservoir, hashmap", "diverse, hashmap", "diverse, rocksdb"})
    void aRestoredBufferGoesOnAsIfNothingHadHappened(String policy, String backend)
            throws Exception {
        KilnConfig config = config("replay.size=6", "replay.perImage=2", "replay.policy=" + policy);
        var whole = harness(config);
        whole.open();
        var first = harness(config);
        first.setStateBackend(stateBackend(backend));
        first.open();
        for (long offset = 0; offset < 20; offset++) {
            whole.processElement(some(offset), 0);
            first.processElement(some(offset), 0);
        }
        OperatorSubtaskState state = first.snapshot(1, 1);
        var second = harness(config);
        second.setStateBackend(stateBackend(backend));
        second.initializeState(state);
        second.open();
        for (long offset = 20; offset < 40; offset++) {
            assertThat(offsets(second, some(offset))).isEqualTo(offsets(whole, some(offset)));
        }
        List<MaskedImage> restored = second.extractOutputValues();
        List<MaskedImage> undisturbed = whole.extractOutputValues();
        assertThat(restored.stream().map(MaskedImage::firstView))
                .containsExactlyElementsOf(
                        undisturbed.stream()
                                .skip(undisturbed.size() - restored.size())
                                .map(MaskedImage::firstView)
                                .toList());
    }

    private static StateBackend stateBackend(String name) throws Exception {
        Configuration settings = new Configuration();
        settings.set(StateBackendOptions.STATE_BACKEND, name);
        ClassLoader loader = ReplayImagesTest.class.getClassLoader();
        return StateBackendLoader.loadStateBackendFromConfig(settings, loader, null);
    }

    private static MaskedImage some(long offset) {
        return image(0, offset, 0x9E3779B97F4A7C15L * offset, CONTENT);
    }

    /** With as many replays as places, what goes along is what the buffer held. */
    @Test
    void firstInFirstOutHoldsTheLastImages() throws Exception {
        var harness = harness(config("replay.size=3", "replay.perImage=3", "replay.policy=fifo"));
        harness.open();
        for (long offset = 0; offset < 10; offset++) {
            assertThat(offsets(harness, some(offset)))
                    .containsExactlyInAnyOrderElementsOf(
                            LongStream.rangeClosed(Math.max(0, offset - 3), offset)
                                    .boxed()
                                    .toList());
        }
    }

    @Test
    void aReservoirHoldsImagesOfTheWholeStream() throws Exception {
        var harness =
                harness(config("replay.size=10", "replay.perImage=10", "replay.policy=reservoir"));
        harness.open();
        long sum = 0;
        List<Long> last = List.of();
        for (long offset = 0; offset < 300; offset++) {
            last = offsets(harness, some(offset));
        }
        assertThat(last).hasSize(11).doesNotHaveDuplicates();
        for (long offset : last.subList(1, 11)) {
            sum += offset;
        }
        // The mean of 10 draws from 0 to 298 is 149, with a standard deviation of 27.
        assertThat(sum / 10.0).isBetween(70.0, 230.0);
    }

    /** Three scenes, then a camera that shows a fourth one for long. */
    @Test
    void aDiverseBufferIsNotFilledByABurst() throws Exception {
        KilnConfig config = config("replay.size=4", "replay.perImage=4", "replay.policy=diverse");
        var harness = harness(config);
        harness.open();
        for (int i = 0; i < 3; i++) {
            Bitmap scene = TestImages.noise(70, 90, 3, i);
            harness.processElement(image(0, i, PerceptualHash.of(scene), CONTENT), 0);
        }
        long burst = PerceptualHash.of(SCENE);
        List<Long> last = List.of();
        for (long offset = 3; offset < 40; offset++) {
            last = offsets(harness, image(0, offset, burst ^ (1L << (offset % 3)), CONTENT));
        }
        assertThat(last).hasSize(5).contains(0L, 1L, 2L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fifo", "reservoir", "diverse"})
    void aBufferHoldsNoMoreBytesThanAllowed(String policy) throws Exception {
        int bytes = Math.max(10_000, 3 * CONTENT.length + 10);
        int held = bytes / CONTENT.length;
        var harness =
                harness(
                        config(
                                "replay.size=100",
                                "replay.perImage=64",
                                "replay.policy=" + policy,
                                "replay.maxBytes=" + bytes));
        harness.open();
        for (long offset = 0; offset < held + 20; offset++) {
            assertThat(offsets(harness, some(offset))).hasSize((int) Math.min(offset, held) + 1);
        }
    }

    @Test
    void aSmallerBufferAndAnotherPolicyTakeOverTheImagesOfTheOld() throws Exception {
        var large = harness(config("replay.size=8", "replay.policy=fifo"));
        large.open();
        for (long offset = 0; offset < 20; offset++) {
            large.processElement(some(offset), 0);
        }
        OperatorSubtaskState state = large.snapshot(1, 1);
        var small = harness(config("replay.size=2", "replay.perImage=2", "replay.policy=diverse"));
        small.initializeState(state);
        small.open();
        assertThat(offsets(small, some(20))).hasSize(3).allMatch(offset -> offset >= 12);
        assertThat(offsets(small, some(21))).hasSize(3).allMatch(offset -> offset >= 12);
    }

    /** The limits of now may be tighter than those under which an image came. */
    @Test
    void anImageThatIsDecodedNoMoreIsLeftOut() throws Exception {
        var before = harness(config("replay.size=4"));
        before.open();
        before.processElement(some(0), 0);
        OperatorSubtaskState state = before.snapshot(1, 1);
        var after = harness(config("replay.size=4", "maxPixels=100"));
        after.initializeState(state);
        after.open();
        assertThat(offsets(after, some(1))).containsExactly(1L);
    }
}
