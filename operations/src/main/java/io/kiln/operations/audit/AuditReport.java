package io.kiln.operations.audit;

import java.util.List;
import java.util.Map;

/**
 * What an audit found.
 *
 * @param images records that images holds
 * @param views masking.views: how often each image is to be trained on
 * @param imageViews views of them in batches
 * @param deadLetters of them among the dead letters
 * @param imagesPending of them not in all their batches yet
 * @param batches that sparse-batches holds
 * @param batchesPending of them that wait for a trainer
 * @param steps that training-steps holds, skipped batches included
 * @param runs that they belong to
 * @param events that checkpoints holds
 * @param retired versions among them whose files are no longer kept
 * @param files of checkpoints that are what their events say; -1 if they were not read
 * @param counts of findings by kind
 * @param findings the first of them, at most {@link Findings#KEPT}
 */
public record AuditReport(
        long images,
        int views,
        long imageViews,
        long deadLetters,
        long imagesPending,
        long batches,
        long batchesPending,
        long steps,
        int runs,
        long events,
        long retired,
        long files,
        Map<Finding.Kind, Long> counts,
        List<Finding> findings) {
    /** Whether nothing was found. */
    public boolean clean() {
        return counts.isEmpty();
    }

    /** How many findings there are, kept or not. */
    public long total() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
