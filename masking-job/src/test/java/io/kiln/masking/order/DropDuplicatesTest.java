package io.kiln.masking.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.config.KilnConfig;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.schemas.DeadLetterReason;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DropDuplicatesTest {
    private final List<AutoCloseable> harnesses = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable harness : harnesses) {
            harness.close();
        }
    }

    private KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness(
            String... overrides) throws Exception {
        List<String> all = new ArrayList<>(List.of(overrides));
        var harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new KeyedProcessOperator<>(
                                new DropDuplicates(KilnConfig.parse("", all).masking())),
                        new ImagePartition(),
                        Types.STRING);
        harnesses.add(harness);
        return harness;
    }

    private static List<Long> kept(
            KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness) {
        return harness.extractOutputValues().stream()
                .map(image -> image.position().offset())
                .toList();
    }

    private static List<DeadLetter> dropped(
            KeyedOneInputStreamOperatorTestHarness<String, MaskedImage, MaskedImage> harness) {
        var found = harness.getSideOutput(DropDuplicates.DUPLICATES);
        return found == null ? List.of() : found.stream().map(StreamRecord::getValue).toList();
    }

    @Test
    void theSameImageOfAPartitionGoesOnOnce() throws Exception {
        var harness = harness("masking.duplicates=drop-exact");
        harness.open();
        harness.processElement(MaskedImages.image(0, 1, "a", 7), 0);
        harness.processElement(MaskedImages.image(0, 2, "b", 7), 0);
        harness.processElement(MaskedImages.image(0, 3, "a", 9), 0);
        harness.processElement(MaskedImages.image(1, 4, "a", 7), 0);
        assertThat(kept(harness)).containsExactly(1L, 2L, 4L);
        ImageInput withoutContent = new ImageInput(MaskedImages.image(0, 3).position(), null, null);
        assertThat(dropped(harness))
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new DeadLetter(
                                withoutContent,
                                DeadLetterReason.DUPLICATE,
                                "the same image as images-0@1",
                                "",
                                "a"));
    }

    @Test
    void whatLooksLikeAnEarlierImageIsDroppedWithItsDistance() throws Exception {
        var harness = harness("masking.duplicates=drop-near", "masking.nearDistance=2");
        harness.open();
        harness.processElement(MaskedImages.image(0, 1, "a", 0b1111), 0);
        harness.processElement(MaskedImages.image(0, 2, "b", 0b1100), 0);
        harness.processElement(MaskedImages.image(0, 3, "c", 0b1000), 0);
        harness.processElement(MaskedImages.image(0, 4, "d", 0b1110), 0);
        assertThat(kept(harness)).containsExactly(1L, 3L);
        assertThat(dropped(harness))
                .extracting(DeadLetter::imageId, DeadLetter::reason, DeadLetter::detail)
                .containsExactly(
                        tuple(
                                "b",
                                DeadLetterReason.NEAR_DUPLICATE,
                                "differs from images-0@1 in 2 of 64 bits"),
                        tuple(
                                "d",
                                DeadLetterReason.NEAR_DUPLICATE,
                                "differs from images-0@1 in 1 of 64 bits"));
    }

    @Test
    void imagesThatWereKeptWithoutAHashAreNearToNone() throws Exception {
        var before = harness("masking.duplicates=drop-exact");
        before.open();
        before.processElement(MaskedImages.image(0, 1, "a", 0), 0);
        before.processElement(MaskedImages.image(0, 2, "b", 0), 0);
        var after = harness("masking.duplicates=drop-near");
        after.initializeState(before.snapshot(1, 1));
        after.open();
        after.processElement(MaskedImages.image(0, 3, "c", 0b1), 0);
        after.processElement(MaskedImages.image(0, 4, "b", 0b1 << 9), 0);
        after.processElement(MaskedImages.image(0, 5, "d", 0b11), 0);
        assertThat(kept(after)).containsExactly(3L);
        assertThat(dropped(after))
                .extracting(DeadLetter::detail)
                .containsExactly(
                        "the same image as images-0@2", "differs from images-0@3 in 1 of 64 bits");
    }

    @Test
    void imagesInWhichNothingGetsLighterAreNearToEachOther() throws Exception {
        var harness = harness("masking.duplicates=drop-near");
        harness.open();
        harness.processElement(MaskedImages.image(0, 1, "black", 0), 0);
        harness.processElement(MaskedImages.image(0, 2, "white", 0), 0);
        assertThat(kept(harness)).containsExactly(1L);
    }

    @Test
    void imagesBeyondTheHorizonAreForgotten() throws Exception {
        var harness = harness("masking.duplicates=drop-exact", "masking.duplicateHorizon=2");
        harness.open();
        String[] ids = {"a", "b", "a", "c", "a"};
        for (int i = 0; i < ids.length; i++) {
            harness.processElement(MaskedImages.image(0, i, ids[i], 0), 0);
        }
        assertThat(kept(harness)).containsExactly(0L, 1L, 3L, 4L);
    }

    @Test
    void keptImagesGoOnAndWhatWasRememberedBeforeIsForgotten() throws Exception {
        var dropping = harness("masking.duplicates=drop-exact");
        dropping.open();
        dropping.processElement(MaskedImages.image(0, 1, "a", 0), 0);
        var keeping = harness("masking.duplicates=keep");
        keeping.initializeState(dropping.snapshot(1, 1));
        keeping.open();
        keeping.processElement(MaskedImages.image(0, 2, "a", 0), 0);
        keeping.processElement(MaskedImages.image(0, 3, "a", 0), 0);
        assertThat(kept(keeping)).containsExactly(2L, 3L);
        assertThat(keeping.numKeyedStateEntries()).isZero();
        var again = harness("masking.duplicates=drop-exact");
        again.initializeState(keeping.snapshot(2, 2));
        again.open();
        again.processElement(MaskedImages.image(0, 4, "a", 0), 0);
        assertThat(kept(again)).containsExactly(4L);
    }

    @Test
    void aRestoredJobRemembersAlsoUnderAnotherHorizon() throws Exception {
        var before = harness("masking.duplicates=drop-exact", "masking.duplicateHorizon=4");
        before.open();
        for (int i = 0; i < 6; i++) {
            before.processElement(MaskedImages.image(0, i, "id " + i, 0), 0);
        }
        OperatorSubtaskState state = before.snapshot(1, 1);
        for (int horizon : new int[] {3, 4, 100}) {
            var after =
                    harness("masking.duplicates=drop-exact", "masking.duplicateHorizon=" + horizon);
            after.initializeState(state);
            after.open();
            after.processElement(MaskedImages.image(0, 10, "id 5", 0), 0);
            after.processElement(MaskedImages.image(0, 11, "id 3", 0), 0);
            after.processElement(MaskedImages.image(0, 12, "id 1", 0), 0);
            assertThat(kept(after)).as("horizon %d", horizon).containsExactly(12L);
        }
    }
}
