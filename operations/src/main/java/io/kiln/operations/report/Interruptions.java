package io.kiln.operations.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds where a run was interrupted. Wants the steps as they were taken, also those of transactions
 * that a failure aborted: readers of committed records never see that a failure took steps back.
 */
final class Interruptions {
    /** A longer time that neither a step nor the wait for its batch explains is an interruption. */
    private static final Duration UNEXPLAINED = Duration.ofSeconds(10);

    /** The same behind a checkpoint event, whose files may take long to write. */
    private static final Duration UNEXPLAINED_BEHIND_EVENT = Duration.ofMinutes(5);

    private final Map<Integer, Long> offsets = new HashMap<>();
    private final List<Interruption> found = new ArrayList<>();
    private long lastStep;
    private long lastMillis = -1;

    /** Takes the next step, in the order of the topic. */
    void add(StepPoint point) {
        long offset = offsets.getOrDefault(point.batchPartition(), -1L);
        offsets.put(point.batchPartition(), point.batchOffset());
        if (point.batchOffset() <= offset) {
            long kept = point.skipped() ? point.step() : point.step() - 1;
            add(point, kept, Math.max(0, lastStep - kept), point.timeMillis() - lastMillis);
        } else if (lastMillis >= 0 && !Double.isNaN(point.secondsWithWait())) {
            double explained = point.secondsWithWait() * 1000;
            long unexplained = point.timeMillis() - lastMillis - (long) explained;
            if (unexplained > UNEXPLAINED.toMillis()) {
                add(point, lastStep, 0, unexplained);
            }
        }
        lastStep = point.step();
        lastMillis = point.timeMillis();
    }

    private void add(StepPoint point, long step, long lost, long millis) {
        found.add(
                new Interruption(point.time(), step, lost, Duration.ofMillis(Math.max(0, millis))));
    }

    /**
     * The interruptions so far, in their order.
     *
     * @param eventSteps the steps of checkpoint events
     */
    List<Interruption> found(Set<Long> eventSteps) {
        return found.stream()
                .filter(
                        i ->
                                i.lostSteps() > 0
                                        || i.away().compareTo(UNEXPLAINED_BEHIND_EVENT) > 0
                                        || !eventSteps.contains(i.step()))
                .toList();
    }
}
