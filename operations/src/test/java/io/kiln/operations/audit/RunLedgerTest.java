package io.kiln.operations.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class RunLedgerTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_000_000);
    private static final int IMAGES = 4;

    private final Findings findings = new Findings();
    private final BatchLedger batches = new BatchLedger("batches", findings);
    private final RunLedger run =
            new RunLedger("run", 1, batches, findings, NOW.minus(Duration.ofDays(7)));

    @Test
    void eachBatchOnceInOrderIsAsItShouldBe() {
        hold(0, 1, 3); // 2 is the marker of a transaction
        step(1, 0);
        step(2, 1);
        step(3, 3);
        assertThat(run.settle(true)).isZero();
        assertThat(findings.kept()).isEmpty();
    }

    @Test
    void aBatchThatWasPassedOverIsLost() {
        hold(0, 1, 2);
        step(1, 0);
        step(2, 2);
        run.settle(false);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, "batches/0@1"));
    }

    @Test
    void batchesBehindTheLastOneWaitUntilTheStreamIsComplete() {
        hold(0, 1, 2);
        step(1, 0);
        assertThat(run.settle(false)).isEqualTo(2);
        assertThat(findings.kept()).isEmpty();
        run.settle(true);
        assertThat(findings.counts()).containsEntry(Kind.LOST, 2L);
    }

    @Test
    void aStepTwiceAndABatchTwiceAreDuplicated() {
        hold(0);
        step(1, 0);
        step(1, 0);
        assertThat(findings.kept())
                .extracting(Finding::kind)
                .containsOnly(Kind.DUPLICATED)
                .hasSize(2);
    }

    @Test
    void aStepThatIsMissingIsLost() {
        hold(0, 1);
        step(1, 0);
        step(3, 1);
        assertThat(findings.kept()).extracting(Finding::kind).containsExactly(Kind.LOST);
    }

    @Test
    void anotherBatchThanTheOneThatIsThereIsUnexplained() {
        hold(0);
        run.add(record(1, 0, "somewhere-else"), "steps/0@0", NOW);
        assertThat(findings.kept()).extracting(Finding::kind).containsExactly(Kind.UNEXPLAINED);
    }

    /** It may have waited for the trainer until retention deleted it. */
    @Test
    void imagesOfDeletedBatchesAreCountedAndThoseTrainedOnLatelyApart() {
        batches.begins(0, 2);
        run.add(record(1, 0, "batch-0"), "steps/0@0", NOW.minus(Duration.ofDays(8)));
        run.add(record(2, 1, "batch-1"), "steps/0@1", NOW.minus(Duration.ofDays(6)));
        assertThat(findings.kept()).isEmpty();
        assertThat(run.imagesOfDeletedBatches()).isEqualTo(2 * IMAGES);
        assertThat(run.imagesTrainedLately()).isEqualTo(IMAGES);
    }

    @Test
    void partitionThatNobodyReadIsCounted() {
        hold(0);
        step(1, 0);
        batches.held(7, 3, batch(3));
        assertThat(run.settle(false)).isEqualTo(1);
        assertThat(findings.kept()).isEmpty();
        run.settle(true);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, "batches/7@3"));
    }

    @Test
    void skippedBatchesAreToldAsSkippedWithTheReason() {
        hold(0);
        batches.foreign(0, 1);
        run.add(skipped(0, 0, "batch-0", IMAGES, "loss NaN"), "steps/0@0", NOW);
        run.add(skipped(0, 1, "", 0, "it has no value"), "steps/0@1", NOW);
        run.settle(true);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(
                        tuple(Kind.SKIPPED, "batches/0@0"), tuple(Kind.SKIPPED, "batches/0@1"));
        assertThat(findings.kept().get(1).message()).contains("it has no value");
        assertThat(run.skipped()).isEqualTo(2);
    }

    @Test
    void aSkippedBatchIsToldAfterItHasBeenDeleted() {
        batches.begins(0, 1);
        run.add(skipped(0, 0, "batch-0", IMAGES, "loss NaN"), "steps/0@0", NOW);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.SKIPPED, "batches/0@0"));
    }

    @Test
    void eachTrainerCountsForItselfAndAVersionHasSeenTheImagesOfAll() {
        RunLedger ofTwo = new RunLedger("run", 2, batches, findings, NOW.minus(Duration.ofDays(7)));
        for (long offset = 0; offset < 2; offset++) {
            for (int trainer = 0; trainer < 2; trainer++) {
                batches.held(trainer, offset, batch(10 * trainer + offset));
            }
        }
        ofTwo.add(of(0, 1, 0), "steps/0@0", NOW);
        ofTwo.add(of(0, 2, 1), "steps/0@1", NOW); // a step ahead
        ofTwo.add(of(1, 1, 0), "steps/0@2", NOW);
        assertThat(ofTwo.samplesAt(1)).isEqualTo(2 * IMAGES);
        assertThat(ofTwo.samplesAt(2)).isNull();
        assertThat(ofTwo.settle(false)).isEqualTo(1);
        assertThat(findings.kept()).isEmpty();
        ofTwo.add(of(1, 1, 0), "steps/0@3", NOW);
        ofTwo.settle(true);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .contains(tuple(Kind.DUPLICATED, "steps/0@3"), tuple(Kind.LOST, "batches/1@1"));
    }

    private static TrainingStep of(int trainer, long step, long offset) {
        TrainingStep taken = record(step, offset, "batch-" + (10 * trainer + offset));
        taken.put("batchPartition", trainer);
        return taken;
    }

    private static TrainingStep skipped(
            long step, long offset, String batchId, int images, String reason) {
        TrainingStep skipped = record(step, offset, batchId);
        skipped.put("skipped", true);
        skipped.put("skipReason", reason);
        skipped.put("images", images);
        skipped.put("samplesSeen", 0L);
        return skipped;
    }

    private void hold(long... offsets) {
        for (long offset : offsets) {
            batches.held(0, offset, batch(offset));
        }
    }

    private static SparseBatch batch(long number) {
        return TestBatches.of(
                "batch-" + number,
                Collections.nCopies(
                        IMAGES,
                        new ImageOrigin("id", "images", 0, 0L, 0, 0, 0, 1, 1, false, false)));
    }

    private void step(long step, long offset) {
        run.add(record(step, offset, "batch-" + offset), "steps/0@" + step, NOW);
    }

    private static TrainingStep record(long step, long offset, String batchId) {
        return new TrainingStep(
                "run",
                step,
                step * IMAGES,
                batchId,
                0,
                offset,
                IMAGES,
                false,
                null,
                1.0,
                0.1,
                0.0,
                1.0,
                1.0,
                1.0,
                0.0,
                "kiln");
    }
}
