package io.kiln.masking.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.masking.sampling.Plans;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ShuffleImagesTest {
    private static final long FLUSH_AFTER = 1000;

    private final List<AutoCloseable> harnesses = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable harness : harnesses) {
            harness.close();
        }
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness(
            int size, int batchSize) throws Exception {
        return harness(Plans.shuffling(size, batchSize, FLUSH_AFTER));
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness(
            MaskingPlan plan) throws Exception {
        var harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new HoldImages<>(plan, new ShuffleImages(plan)),
                        new ImagePartition(),
                        Types.STRING);
        harnesses.add(harness);
        return harness;
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> start(int size)
            throws Exception {
        var harness = harness(size, 3);
        harness.open();
        return harness;
    }

    private static void send(
            KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness,
            int partition,
            long from,
            long to)
            throws Exception {
        for (long offset = from; offset < to; offset++) {
            harness.processElement(MaskedImages.image(partition, offset), 0);
        }
    }

    private static List<Long> offsets(
            KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness,
            int partition) {
        return harness.extractOutputValues().stream()
                .filter(image -> image.position().partition() == partition)
                .map(image -> image.position().offset())
                .toList();
    }

    private static List<Long> all(long end) {
        return LongStream.range(0, end).boxed().toList();
    }

    @Test
    void everyImageGoesOnOnceInAnotherOrder() throws Exception {
        var harness = start(20);
        send(harness, 0, 0, 200);
        assertThat(offsets(harness, 0)).hasSize(180);
        harness.processWatermark(Long.MAX_VALUE);
        assertThat(offsets(harness, 0))
                .containsExactlyInAnyOrderElementsOf(all(200))
                .isNotEqualTo(all(200));
    }

    @Test
    void anImageWaitsForAsManyArrivalsAsTheBufferHasPlacesOnAverage() throws Exception {
        var harness = start(50);
        send(harness, 0, 0, 5050);
        List<Long> order = offsets(harness, 0);
        double moved = 0;
        for (int i = 0; i < order.size(); i++) {
            moved += i + 50 - order.get(i);
        }
        assertThat(moved / order.size()).as("arrivals that an image waits").isBetween(45.0, 55.0);
    }

    @Test
    void theOrderOfAPartitionDependsOnNoOther() throws Exception {
        var alone = start(5);
        send(alone, 0, 0, 40);
        var together = start(5);
        for (int i = 0; i < 40; i += 4) {
            send(together, 1, 3L * i, 3L * i + 7);
            send(together, 0, i, i + 4);
        }
        assertThat(offsets(together, 0)).isEqualTo(offsets(alone, 0));
    }

    @Test
    void theOrderIsTheSameWhereverTheJobIsKilled() throws Exception {
        var undisturbed = start(4);
        send(undisturbed, 0, 0, 12);
        undisturbed.processWatermark(Long.MAX_VALUE);
        for (int killedAfter = 0; killedAfter <= 12; killedAfter++) {
            var before = start(4);
            send(before, 0, 0, killedAfter);
            OperatorSubtaskState state = before.snapshot(1, 1);
            List<Long> order = new ArrayList<>(offsets(before, 0));
            send(before, 0, killedAfter, 12); // after the checkpoint, and so undone
            var after = harness(4, 3);
            after.initializeState(state);
            after.open();
            send(after, 0, killedAfter, 12);
            after.processWatermark(Long.MAX_VALUE);
            order.addAll(offsets(after, 0));
            assertThat(order)
                    .as("killed after %d images", killedAfter)
                    .isEqualTo(offsets(undisturbed, 0));
        }
    }

    @Test
    void theWholeBufferGoesOnWhenThePartitionIsIdle() throws Exception {
        var harness = start(20);
        send(harness, 0, 0, 3);
        harness.setProcessingTime(FLUSH_AFTER - 1);
        send(harness, 0, 3, 5);
        harness.setProcessingTime(2 * FLUSH_AFTER - 2);
        assertThat(offsets(harness, 0)).isEmpty();
        harness.setProcessingTime(2 * FLUSH_AFTER - 1);
        assertThat(offsets(harness, 0)).containsExactlyInAnyOrderElementsOf(all(5));
        send(harness, 0, 5, 8);
        harness.setProcessingTime(4 * FLUSH_AFTER);
        assertThat(offsets(harness, 0)).containsExactlyInAnyOrderElementsOf(all(8));
    }

    @Test
    void timeInWhichTheJobWasDownIsNotIdleTime() throws Exception {
        var before = start(20);
        send(before, 0, 0, 3);
        OperatorSubtaskState state = before.snapshot(1, 1);
        var after = harness(20, 3);
        after.initializeState(state);
        after.setProcessingTime(50 * FLUSH_AFTER);
        after.open();
        after.setProcessingTime(50 * FLUSH_AFTER + 1);
        assertThat(offsets(after, 0)).isEmpty();
        after.setProcessingTime(52 * FLUSH_AFTER);
        assertThat(offsets(after, 0)).hasSize(3);
    }

    @Test
    void aShorterWaitHoldsForImagesThatWaitAlready() throws Exception {
        var before = harness(Plans.shuffling(20, 3, 3600 * FLUSH_AFTER));
        before.open();
        send(before, 0, 0, 1);
        send(before, 1, 0, 1);
        var after = harness(20, 3);
        after.initializeState(before.snapshot(1, 1));
        after.open();
        after.setProcessingTime(5);
        send(after, 0, 1, 2);
        after.setProcessingTime(5 + FLUSH_AFTER - 1);
        assertThat(offsets(after, 0)).isEmpty();
        after.setProcessingTime(2 * FLUSH_AFTER);
        assertThat(offsets(after, 0)).hasSize(2);
        assertThat(offsets(after, 1)).hasSize(1);
    }

    @Test
    void jobWithImagesThatWaitDoesNotBeginUnderOtherSettings() throws Exception {
        var before = start(20);
        send(before, 0, 0, 3);
        OperatorSubtaskState state = before.snapshot(1, 1);
        var after = harness(10, 3);
        after.initializeState(state);
        assertThatThrownBy(after::open)
                .hasMessageContaining("the state holds 3 images of images-0")
                .hasMessageContaining("masking.shuffleBuffer was 20 and is 10; go on with")
                .hasMessageContaining("stop with --drain");
    }
}
