package io.kiln.masking.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.images.Crop;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.masking.sampling.Plans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Batches are written as "partition/view: offsets". */
class AssembleBatchTest {
    private static final long FLUSH_AFTER = 1000;

    private int views = 1;
    private final List<AutoCloseable> harnesses = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable harness : harnesses) {
            harness.close();
        }
    }

    @Test
    void batchesAreFullAndInOffsetOrder() throws Exception {
        var harness = start(3, 1);
        send(harness, 0, 10, 11, 12, 13, 14, 15, 16);
        assertThat(batches(harness)).containsExactly("0/0: 10 11 12", "0/0: 13 14 15");
    }

    @Test
    void partitionsAreNeverMixed() throws Exception {
        var harness = start(2, 1);
        send(harness, 0, 1);
        send(harness, 1, 5);
        send(harness, 2, 8);
        send(harness, 1, 6);
        send(harness, 0, 2);
        assertThat(batches(harness)).containsExactly("1/0: 5 6", "0/0: 1 2");
    }

    @Test
    void viewsOfAnImageAreSpreadOverAsManyBatches() throws Exception {
        var harness = start(2, 3);
        send(harness, 0, 1, 2, 3);
        assertThat(batches(harness)).containsExactly("0/0: 1 2", "0/1: 1 2", "0/2: 1 2");
    }

    @Test
    void smallBatchIsSentWhenTheStreamHasBeenIdle() throws Exception {
        var harness = start(3, 2);
        send(harness, 0, 1, 2);
        harness.setProcessingTime(FLUSH_AFTER - 1);
        assertThat(batches(harness)).isEmpty();
        harness.setProcessingTime(FLUSH_AFTER);
        assertThat(batches(harness)).containsExactly("0/0: 1 2", "0/1: 1 2");
        harness.setProcessingTime(20 * FLUSH_AFTER);
        assertThat(batches(harness)).hasSize(2);
    }

    @Test
    void everyArrivalRestartsTheWait() throws Exception {
        var harness = start(10, 1);
        for (int i = 0; i < 5; i++) {
            harness.setProcessingTime(i * (FLUSH_AFTER - 100));
            send(harness, 0, i);
        }
        assertThat(batches(harness)).isEmpty();
        harness.setProcessingTime(4 * (FLUSH_AFTER - 100) + FLUSH_AFTER);
        assertThat(batches(harness)).containsExactly("0/0: 0 1 2 3 4");
    }

    @Test
    void partitionWaitsWhileOthersAreBusyButNotForEver() throws Exception {
        var harness = start(1000, 1);
        send(harness, 0, 1);
        for (int i = 0; i < 19; i++) {
            harness.setProcessingTime(i * FLUSH_AFTER / 2);
            send(harness, 1, i);
        }
        assertThat(batches(harness)).isEmpty();
        for (int i = 19; i < 21; i++) {
            harness.setProcessingTime(i * FLUSH_AFTER / 2);
            send(harness, 1, i);
        }
        assertThat(batches(harness)).containsExactly("0/0: 1");
    }

    @Test
    void restOfEveryPartitionIsSentWhenTheInputEnds() throws Exception {
        var harness = start(3, 1);
        send(harness, 0, 1, 2, 3, 4);
        send(harness, 1, 7);
        harness.processWatermark(Long.MAX_VALUE);
        assertThat(batches(harness)).containsExactlyInAnyOrder("0/0: 1 2 3", "0/0: 4", "1/0: 7");
    }

    @Test
    void batchesAreTheSameWhereverTheJobIsKilled() throws Exception {
        for (int killedAfter = 0; killedAfter <= 7; killedAfter++) {
            var before = start(3, 2);
            for (int offset = 0; offset < killedAfter; offset++) {
                send(before, 0, offset);
            }
            OperatorSubtaskState state = before.snapshot(1, 1);
            var after = restore(state, 3, 2);
            for (int offset = killedAfter; offset < 9; offset++) {
                send(after, 0, offset);
            }
            List<String> sent = new ArrayList<>(batches(before));
            sent.addAll(batches(after));
            assertThat(sent)
                    .as("killed after %d images", killedAfter)
                    .containsExactly(
                            "0/0: 0 1 2",
                            "0/1: 0 1 2",
                            "0/0: 3 4 5",
                            "0/1: 3 4 5",
                            "0/0: 6 7 8",
                            "0/1: 6 7 8");
        }
    }

    @Test
    void stateFindsItsWayToAnotherParallelism() throws Exception {
        var one = start(4, 1);
        for (int partition = 0; partition < 20; partition++) {
            send(one, partition, 1, 2);
        }
        OperatorSubtaskState state = one.snapshot(1, 1);
        List<String> sent = new ArrayList<>();
        for (int subtask = 0; subtask < 3; subtask++) {
            var harness = harness(4, 1, 3, subtask);
            harness.initializeState(
                    AbstractStreamOperatorTestHarness.repartitionOperatorState(
                            state, 128, 1, 3, subtask));
            harness.open();
            harness.processWatermark(Long.MAX_VALUE);
            sent.addAll(batches(harness));
        }
        List<String> expected = new ArrayList<>();
        for (int partition = 0; partition < 20; partition++) {
            expected.add(partition + "/0: 1 2");
        }
        assertThat(sent).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void timeInWhichTheJobWasDownIsNotIdleTime() throws Exception {
        var before = start(3, 1);
        send(before, 0, 1, 2);
        OperatorSubtaskState state = before.snapshot(1, 1);
        var after = harness(3, 1, 1, 0);
        after.initializeState(state);
        after.setProcessingTime(50 * FLUSH_AFTER);
        after.open();
        after.setProcessingTime(50 * FLUSH_AFTER + 1);
        assertThat(batches(after)).isEmpty();
        send(after, 0, 3);
        assertThat(batches(after)).containsExactly("0/0: 1 2 3");
    }

    @Test
    void restoredImagesToWhichNoneAreAddedAreSentInTheEnd() throws Exception {
        var before = start(3, 1);
        send(before, 0, 1, 2);
        var after = restore(before.snapshot(1, 1), 3, 1);
        after.setProcessingTime(50 * FLUSH_AFTER);
        after.setProcessingTime(52 * FLUSH_AFTER);
        assertThat(batches(after)).containsExactly("0/0: 1 2");
    }

    @Test
    void aShorterWaitHoldsForImagesThatWaitAlready() throws Exception {
        var before = start(3, 1, 3600 * FLUSH_AFTER);
        send(before, 0, 1);
        send(before, 1, 7);
        var after = restore(before.snapshot(1, 1), 3, 1);
        after.setProcessingTime(5);
        send(after, 0, 2);
        after.setProcessingTime(5 + FLUSH_AFTER - 1);
        assertThat(batches(after)).isEmpty();
        after.setProcessingTime(5 + FLUSH_AFTER);
        assertThat(batches(after)).containsExactlyInAnyOrder("0/0: 1 2", "1/0: 7");
    }

    @Test
    void jobWithImagesThatWaitDoesNotBeginUnderOtherSettings() throws Exception {
        var before = start(3, 1);
        send(before, 0, 1, 2, 3);
        send(before, 1, 1);
        var state = before.snapshot(1, 1);
        assertThatThrownBy(() -> restore(state, 4, 1))
                .hasMessageContaining("the state holds 1 images of images-1")
                .hasMessageContaining("masking.batchSize was 3 and is 4; go on with")
                .hasMessageContaining("stop with --drain");
    }

    @Test
    void settingsMayChangeWhenNothingWaits() throws Exception {
        var before = start(2, 1);
        send(before, 0, 1, 2);
        var after = restore(before.snapshot(1, 1), 3, 1);
        send(after, 0, 3, 4, 5);
        assertThat(batches(after)).containsExactly("0/0: 3 4 5");
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, ViewBatch> start(
            int batchSize, int views) throws Exception {
        return start(batchSize, views, FLUSH_AFTER);
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, ViewBatch> start(
            int batchSize, int views, long flushAfter) throws Exception {
        var harness = harness(Plans.flushing(batchSize, views, flushAfter), 1, 0);
        harness.open();
        return harness;
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, ViewBatch> restore(
            OperatorSubtaskState state, int batchSize, int views) throws Exception {
        var harness = harness(batchSize, views, 1, 0);
        harness.initializeState(state);
        harness.open();
        return harness;
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, ViewBatch> harness(
            int batchSize, int views, int parallelism, int subtask) throws Exception {
        return harness(Plans.flushing(batchSize, views, FLUSH_AFTER), parallelism, subtask);
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, ViewBatch> harness(
            MaskingPlan plan, int parallelism, int subtask) throws Exception {
        views = plan.batchSettings().views();
        var harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new HoldImages<>(plan, new AssembleBatch(plan)),
                        new ImagePartition(),
                        Types.STRING,
                        128,
                        parallelism,
                        subtask);
        harnesses.add(harness);
        harness.setProcessingTime(0);
        return harness;
    }

    private void send(
            KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, ViewBatch> harness,
            int partition,
            long... offsets)
            throws Exception {
        for (long offset : offsets) {
            harness.processElement(image(partition, offset, views), 0);
        }
    }

    private static MaskedImage image(int partition, long offset, int views) {
        MaskedView view =
                new MaskedView(
                        new Crop(0, 0, 1, 1), false, new int[] {0}, new byte[3], new byte[15]);
        MaskedView[] all = new MaskedView[views];
        Arrays.fill(all, view);
        return new MaskedImage(new Position("images", partition, offset), "id", 0, all, 0, null);
    }

    private static List<String> batches(
            KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, ViewBatch> harness) {
        return harness.extractOutputValues().stream()
                .map(
                        batch ->
                                batch.images()[0].position().partition()
                                        + "/"
                                        + batch.view()
                                        + ": "
                                        + Arrays.stream(batch.images())
                                                .map(i -> "" + i.position().offset())
                                                .collect(Collectors.joining(" ")))
                .toList();
    }
}
