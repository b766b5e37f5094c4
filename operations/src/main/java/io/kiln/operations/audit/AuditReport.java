package io.kiln.operations.audit;

import java.util.List;
import java.util.Map;

/**
 * The result of an audit.
 *
 * @param images number of records in images
 * @param views masking.views: how often each image is trained on
 * @param imageViews number of views of new images in batches
 * @param replayedViews number of views of replayed images in batches
 * @param heldOut number of images held out of training
 * @param deadLetters number of images among the dead letters
 * @param imagesPending number of images not in all their batches yet
 * @param batches number of batches in sparse-batches
 * @param batchesPending number of batches not trained on yet
 * @param steps number of steps in training-steps, including skipped batches
 * @param skipped number of those that skipped their batch
 * @param runs number of runs that the steps belong to
 * @param events number of events in checkpoints
 * @param retired number of versions whose files are no longer kept
 * @param files number of checkpoint files that match their events; -1 if not read
 * @param counts number of findings by kind
 * @param findings the first findings, at most {@link Findings#MAX_KEPT}
 */
public record AuditReport(
        long images,
        int views,
        long imageViews,
        long replayedViews,
        long heldOut,
        long deadLetters,
        long imagesPending,
        long batches,
        long batchesPending,
        long steps,
        long skipped,
        int runs,
        long events,
        long retired,
        long files,
        Map<Finding.Kind, Long> counts,
        List<Finding> findings) {
    /** Whether there are no findings. */
    public boolean clean() {
        return counts.isEmpty();
    }

    /** The number of all findings, kept or not. */
    public long total() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
