package io.kiln.operations.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.ImageOrigin;
import org.junit.jupiter.api.Test;

class ImageLedgerTest {
    private final Findings findings = new Findings();
    private final ImageLedger ledger = new ImageLedger("images", 2, 0, findings);

    @Test
    void anImageIsAccountedForByAllItsViewsOrByADeadLetter() {
        hold(0, 3);
        use(0, 0);
        use(0, 1);
        ledger.dead(0, 1, "dlq/0@0");
        use(2, 0);
        use(2, 1);
        assertThat(ledger.settle(true, false, 0)).isEqualTo(new ImageBalance(3, 4, 0, 1, 0, 0, 0));
        assertThat(findings.kept()).isEmpty();
    }

    @Test
    void aHeldOutImageIsAccountedForOnceAndInNoBatch() {
        hold(0, 3);
        use(0, 0);
        use(0, 1);
        ledger.heldOut(origin(1, 0, "image-1"), "holdout/0@0");
        use(2, 0);
        use(2, 1);
        assertThat(ledger.settle(true, false, 0)).isEqualTo(new ImageBalance(3, 4, 1, 0, 0, 0, 0));
        assertThat(findings.kept()).isEmpty();
        use(1, 0);
        ledger.heldOut(origin(1, 0, "image-1"), "holdout/0@1");
        ledger.settle(true, false, 0);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(
                        tuple(Kind.DUPLICATED, "holdout/0@1"),
                        tuple(Kind.DUPLICATED, "images/0@1"));
    }

    @Test
    void neighboursThatAreLostAreReportedTogetherWithTheirOffsets() {
        hold(10, 20);
        for (long offset : new long[] {10, 11, 15, 19}) {
            use(offset, 0);
            use(offset, 1);
        }
        ledger.settle(false, false, 0);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(
                        tuple(Kind.LOST, "images/0@12-14"), tuple(Kind.LOST, "images/0@16-18"));
    }

    @Test
    void whatLiesAtOrBehindTheLastBatchIsPendingUntilTheStreamIsComplete() {
        hold(0, 4);
        use(0, 0);
        use(0, 1);
        use(1, 0);
        assertThat(ledger.settle(false, false, 0).pending()).isEqualTo(3);
        assertThat(findings.kept()).isEmpty();
        ledger.settle(true, false, 0);
        assertThat(findings.kept()).extracting(Finding::place).containsExactly("images/0@1-3");
    }

    @Test
    void whatAShuffleCanHoldBackIsPendingUntilTheStreamIsComplete() {
        ImageLedger shuffled = new ImageLedger("images", 1, 2, findings);
        for (long offset = 0; offset < 6; offset++) {
            shuffled.held(0, offset, "image-" + offset, false);
        }
        for (long offset : new long[] {1, 3, 4, 5}) {
            shuffled.used(origin(offset, 0, "image-" + offset), "batches/0@0");
        }
        assertThat(shuffled.settle(false, false, 0).pending()).isEqualTo(2);
        assertThat(findings.kept()).isEmpty();
        shuffled.settle(true, false, 0);
        assertThat(findings.kept())
                .extracting(Finding::place)
                .containsExactly("images/0@0", "images/0@2");
    }

    @Test
    void aViewTwiceIsDuplicated() {
        hold(0, 1);
        use(0, 0);
        use(0, 1);
        use(0, 1);
        ledger.settle(true, false, 0);
        assertThat(findings.kept()).extracting(Finding::kind).containsExactly(Kind.DUPLICATED);
    }

    @Test
    void aDeadLetterInABatchIsDuplicatedAndAViewTooManyUnexplained() {
        hold(0, 1);
        use(0, 0);
        use(0, 2);
        ledger.dead(0, 0, "dlq/0@0");
        ledger.settle(true, false, 0);
        assertThat(findings.kept())
                .extracting(Finding::kind)
                .containsExactly(Kind.UNEXPLAINED, Kind.DUPLICATED);
    }

    @Test
    void aBatchOfARecordThatIsNotThereIsUnexplainedUnlessItMayHaveBeenDeleted() {
        ledger.begins(0, 5);
        hold(5, 6);
        use(5, 0);
        use(5, 1);
        use(4, 0);
        use(6, 0);
        ledger.settle(true, false, 0);
        assertThat(findings.kept()).extracting(Finding::place).containsExactly("images/0@6");
    }

    @Test
    void oldImagesBeforeTheFirstBatchAreOfBatchesThatWereDeletedIfAnyWere() {
        hold(0, 3, true);
        hold(3, 4);
        use(3, 0);
        use(3, 1);
        assertThat(ledger.settle(true, true, 0).deletedViews()).isEqualTo(6);
        assertThat(findings.kept()).isEmpty();
    }

    /** The batch of the first view is deleted, that of the second is still there. */
    @Test
    void oldImagesMayHaveAViewInADeletedBatchWhereverTheFirstBatchBegins() {
        hold(0, 4, true);
        for (long offset = 0; offset < 4; offset++) {
            use(offset, 1);
        }
        assertThat(ledger.settle(true, true, 0).deletedViews()).isEqualTo(4);
        assertThat(findings.kept()).isEmpty();
    }

    @Test
    void oldImagesBehindTheLastBatchArePendingAsIfNoBatchWereDeleted() {
        hold(0, 3, true);
        use(1, 0);
        use(1, 1);
        assertThat(ledger.settle(false, true, 0)).isEqualTo(new ImageBalance(3, 2, 0, 0, 1, 2, 0));
    }

    @Test
    void whatAShuffleCanHoldBackIsCountedWithoutImagesOfDeletedBatches() {
        ImageLedger shuffled = new ImageLedger("images", 1, 1, findings);
        for (long offset = 0; offset < 6; offset++) {
            shuffled.held(0, offset, "image-" + offset, offset < 3);
        }
        for (long offset : new long[] {1, 3, 5}) {
            shuffled.used(origin(offset, 0, "image-" + offset), "batches/0@0");
        }
        assertThat(shuffled.settle(false, true, 0))
                .isEqualTo(new ImageBalance(6, 3, 0, 0, 1, 2, 0));
        assertThat(findings.kept()).isEmpty();
    }

    @Test
    void imagesTooYoungForDeletedBatchesAreLostThoughNoBatchIsLeft() {
        hold(0, 2, true);
        hold(2, 5);
        assertThat(ledger.settle(false, true, 0)).isEqualTo(new ImageBalance(5, 0, 0, 0, 3, 4, 0));
        assertThat(findings.kept()).isEmpty();
        ledger.settle(true, true, 0);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, "images/0@2-4"));
    }

    @Test
    void youngImagesOfBatchesThatWereTrainedOnAndDeletedByHandAreNotLost() {
        hold(0, 5);
        use(4, 0);
        use(4, 1);
        assertThat(ledger.settle(true, true, 8).deletedEarly()).isEqualTo(8);
        assertThat(findings.kept()).isEmpty();
        ledger.settle(true, true, 7);
        assertThat(findings.kept()).extracting(Finding::place).containsExactly("images/0@0-3");
    }

    /** A topic that was deleted and made again under a running job: offsets alone look sound. */
    @Test
    void anotherImageThanTheBatchMeansIsUnexplainedAndLost() {
        hold(0, 3);
        for (int view = 0; view < 2; view++) {
            ledger.used(origin(0, view, "image of the topic before"), "sparse-batches/0@0");
            ledger.used(origin(1, view, "image-1"), "sparse-batches/0@0");
            ledger.used(origin(2, view, "image-2"), "sparse-batches/0@0");
        }
        ledger.settle(false, false, 0);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(
                        tuple(Kind.UNEXPLAINED, "sparse-batches/0@0"),
                        tuple(Kind.UNEXPLAINED, "sparse-batches/0@0"),
                        tuple(Kind.LOST, "images/0@0"));
    }

    @Test
    void replaysAreCountedApartAndEachViewIsThereOnce() {
        hold(0, 2);
        use(0, 0);
        use(0, 1);
        use(1, 0);
        use(1, 1);
        replay(0, 2);
        replay(0, 3);
        replay(1, 1_000);
        assertThat(ledger.settle(true, false, 0)).isEqualTo(new ImageBalance(2, 4, 0, 0, 0, 0, 0));
        assertThat(ledger.replayedViews()).isEqualTo(3);
        assertThat(findings.kept()).isEmpty();

        replay(0, 3);
        replay(1, 1);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::message)
                .containsExactly(
                        tuple(Kind.DUPLICATED, "holds view 3 of images/0@0 again"),
                        tuple(
                                Kind.UNEXPLAINED,
                                "holds view 1 of images/0@1 as replayed; expected a view from 2 on"));
    }

    @Test
    void aReplayIsNoViewOfANewImageAndNotOfAHeldOutOne() {
        hold(0, 3);
        use(0, 0);
        use(0, 1);
        replay(1, 2);
        ledger.heldOut(origin(2, 0, "image-2"), "holdout/0@0");
        replay(2, 2);
        ledger.settle(true, false, 0);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(
                        tuple(Kind.DUPLICATED, "images/0@2"), tuple(Kind.LOST, "images/0@1"));
    }

    private void replay(long offset, int view) {
        ledger.used(
                new ImageOrigin(
                        "image-" + offset, "images", 0, offset, view, 0, 0, 1, 1, false, true),
                "sparse-batches/0@0");
    }

    private void hold(long first, long end) {
        hold(first, end, false);
    }

    private void hold(long first, long end, boolean old) {
        for (long offset = first; offset < end; offset++) {
            ledger.held(0, offset, "image-" + offset, old);
        }
    }

    private void use(long offset, int view) {
        ledger.used(origin(offset, view, "image-" + offset), "sparse-batches/0@0");
    }

    private static ImageOrigin origin(long offset, int view, String imageId) {
        return new ImageOrigin(imageId, "images", 0, offset, view, 0, 0, 1, 1, false, false);
    }
}
