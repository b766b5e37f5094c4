package io.kiln.operations.audit;

import io.kiln.config.TopicsConfig;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.TrainingStep;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * The steps of one run: each batch is trained on once, in order, and the counters of each trainer
 * are consistent.
 *
 * <p>Nothing here tells whether a batch was deleted before its time: a step says when the batch was
 * trained on, and the batch may have waited for as long as retention keeps it. The images that the
 * batch held tell ({@link ImageBalance#deletedEarly}).
 */
final class RunLedger {
    private final String runId;
    private final int trainers;
    private final BatchLedger batches;
    private final Findings findings;
    private final Instant deletable;
    private final Map<Integer, Roaring64Bitmap> trained = new HashMap<>();
    private final Map<Integer, Long> lastTrained = new HashMap<>();
    private final NavigableMap<Long, Map<Integer, Long>> samplesAtStep = new TreeMap<>();
    private final Map<Integer, TrainingStep> previous = new HashMap<>();
    private long steps;
    private long skipped;
    private long imagesOfDeletedBatches;
    private long imagesTrainedLately;

    /**
     * @param trainers of the run
     * @param deletable records written before this time may have been deleted by retention
     */
    RunLedger(
            String runId, int trainers, BatchLedger batches, Findings findings, Instant deletable) {
        this.runId = runId;
        this.trainers = trainers;
        this.batches = batches;
        this.findings = findings;
        this.deletable = deletable;
    }

    /**
     * Records a step.
     *
     * @param place place of its record
     * @param written time of its record
     */
    void add(TrainingStep step, String place, Instant written) {
        steps++;
        if (step.getSkipped()) {
            skipped++;
        }
        int trainer = TopicsConfig.trainerOf(step.getBatchPartition(), trainers);
        requireCounters(step, previous.put(trainer, step), place);
        requireBatch(step, place, written);
        samplesAtStep
                .computeIfAbsent(step.getStep(), s -> new HashMap<>())
                .put(trainer, step.getSamplesSeen());
    }

    private void requireCounters(TrainingStep step, @Nullable TrainingStep previous, String place) {
        if (previous == null) {
            return;
        }
        long expected = previous.getStep() + (step.getSkipped() ? 0 : 1);
        if (step.getStep() != expected) {
            findings.add(
                    step.getStep() < expected ? Kind.DUPLICATED : Kind.LOST,
                    place,
                    run() + "is step " + step.getStep() + "; expected " + expected);
        }
        long images = step.getSamplesSeen() - previous.getSamplesSeen();
        if (step.getStep() == expected && images != step.getImages() && !step.getSkipped()) {
            findings.add(
                    Kind.UNEXPLAINED,
                    place,
                    run()
                            + "counts "
                            + images
                            + " images more than the previous step; its batch has "
                            + step.getImages());
        }
    }

    private void requireBatch(TrainingStep step, String place, Instant written) {
        int partition = step.getBatchPartition();
        long offset = step.getBatchOffset();
        String batch = Finding.place(batches.topic(), partition, offset);
        Roaring64Bitmap seen = trained.computeIfAbsent(partition, p -> new Roaring64Bitmap());
        if (seen.contains(offset)) {
            findings.add(Kind.DUPLICATED, place, run() + "trains on " + batch + " again");
            return;
        }
        seen.addLong(offset);
        if (offset < lastTrained.getOrDefault(partition, -1L)) {
            findings.add(
                    Kind.UNEXPLAINED, place, run() + "trains on " + batch + " after a later batch");
        }
        lastTrained.merge(partition, offset, Math::max);
        if (step.getSkipped()) {
            findings.add(
                    Kind.SKIPPED,
                    batch,
                    run() + "did not train on it: " + reason(step.getSkipReason()));
        }
        if (offset < batches.begin(partition)) {
            imagesOfDeletedBatches += step.getImages();
            if (written.isAfter(deletable)) {
                imagesTrainedLately += step.getImages();
            }
            return;
        }
        if (batches.isForeign(partition, offset)) {
            if (!step.getSkipped()) {
                findings.add(
                        Kind.UNEXPLAINED,
                        place,
                        run() + "trained on " + batch + ", which is not a batch");
            }
            return;
        }
        BatchLedger.Entry held = batches.at(partition, offset);
        if (held == null) {
            findings.add(
                    Kind.DELETED,
                    batch,
                    "was trained on in step "
                            + step.getStep()
                            + " of "
                            + runId
                            + ", and has been deleted");
        } else if (step.getImages() > 0
                && (!held.batchId().equals(step.getBatchId())
                        || held.images() != step.getImages())) {
            findings.add(
                    Kind.UNEXPLAINED,
                    place,
                    run() + "trained on a different batch than the one at " + batch);
        }
    }

    private static String reason(@Nullable String given) {
        return given == null
                ? "its loss or its gradient was not finite"
                : ForeignRecords.printable(given);
    }

    private String run() {
        return runId + " ";
    }

    /** The number of images in steps whose batches have been deleted. */
    long imagesOfDeletedBatches() {
        return imagesOfDeletedBatches;
    }

    /** The number of them in steps that were taken within the retention time. */
    long imagesTrainedLately() {
        return imagesTrainedLately;
    }

    long steps() {
        return steps;
    }

    /** The number of steps that skipped their batch. */
    long skipped() {
        return skipped;
    }

    /**
     * Settles the account.
     *
     * @param complete whether every batch must have been trained on
     * @return number of batches after the last one trained on
     */
    long settle(boolean complete) {
        long pending = 0;
        for (Map.Entry<Integer, NavigableMap<Long, BatchLedger.Entry>> entry :
                batches.all().entrySet()) {
            Roaring64Bitmap seen = trained.getOrDefault(entry.getKey(), new Roaring64Bitmap());
            long last = complete ? Long.MAX_VALUE : lastTrained.getOrDefault(entry.getKey(), -1L);
            for (long offset : entry.getValue().keySet()) {
                if (seen.contains(offset)) {
                    continue;
                }
                if (offset > last) {
                    pending++;
                } else {
                    findings.add(
                            Kind.LOST,
                            Finding.place(batches.topic(), entry.getKey(), offset),
                            "no step of " + runId + " trained on it");
                }
            }
        }
        return pending;
    }

    /** The images seen by all trainers after a step; null if the topic lacks it of one of them. */
    @Nullable Long samplesAt(long step) {
        Map<Integer, Long> samples = samplesAtStep.getOrDefault(step, Map.of());
        return samples.size() < trainers
                ? null
                : Long.valueOf(samples.values().stream().mapToLong(Long::longValue).sum());
    }

    /** The highest step; 0 if there is none. */
    long lastStep() {
        return samplesAtStep.isEmpty() ? 0 : samplesAtStep.lastKey();
    }
}
