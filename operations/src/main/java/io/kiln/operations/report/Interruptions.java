package io.kiln.operations.report;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.checkpoints.RunName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds where a run was interrupted. Wants the steps as they were taken, also those of transactions
 * that a failure aborted: readers of committed records never see that a failure took steps back.
 */
public final class Interruptions {
    /** A longer time that neither a step nor the wait for its batch explains is an interruption. */
    private static final Duration UNEXPLAINED = Duration.ofSeconds(10);

    /**
     * The same behind a checkpoint event or a round, whose files may take long to write and read.
     */
    private static final Duration UNEXPLAINED_BEHIND_FILES = Duration.ofMinutes(5);

    private final int trainers;
    private final Map<Integer, Long> offsets = new HashMap<>();
    private final Map<Integer, Long> lastSteps = new HashMap<>();
    private final Set<Integer> wentOn = new HashSet<>();
    private final List<Interruption> found = new ArrayList<>();
    private long lastStep;
    private long lastMillis = -1;

    /**
     * @param trainers of the run, which a failure interrupts together
     */
    Interruptions(int trainers) {
        this.trainers = trainers;
    }

    int trainers() {
        return trainers;
    }

    /**
     * Reads the interruptions of a run from its topic of steps.
     *
     * @param eventSteps the steps of its checkpoint events
     * @throws io.kiln.schemas.BrokerException if no broker answers
     */
    public static List<Interruption> of(KilnConfig config, RunName name, Set<Long> eventSteps) {
        Interruptions interruptions = new Interruptions(config.topics().trainers());
        try (StepLog log = new StepLog(config, Clients.uncommittedReader(config))) {
            log.update(
                    (run, step) -> {
                        if (run.equals(name)) {
                            interruptions.add(step);
                        }
                    });
        }
        return interruptions.found(eventSteps, config.training().round().steps());
    }

    /** Takes the next step, in the order of the topic. */
    void add(StepPoint point) {
        int trainer = point.trainer(trainers);
        long offset = offsets.getOrDefault(point.batchPartition(), -1L);
        offsets.put(point.batchPartition(), point.batchOffset());
        if (point.batchOffset() <= offset) {
            tookBack(point, trainer);
        } else if (lastMillis >= 0 && !Double.isNaN(point.secondsWithWait())) {
            double explained = point.secondsWithWait() * 1000;
            long unexplained = point.timeMillis() - lastMillis - (long) explained;
            if (unexplained > UNEXPLAINED.toMillis()) {
                add(point, lastStep, 0, unexplained);
            }
        }
        wentOn.add(trainer);
        lastSteps.put(trainer, point.step());
        lastStep = point.step();
        lastMillis = point.timeMillis();
    }

    /** Steps of a trainer are taken again. */
    private void tookBack(StepPoint point, int trainer) {
        long kept = point.skipped() ? point.step() : point.step() - 1;
        long lost = Math.max(0, lastSteps.getOrDefault(trainer, kept) - kept);
        boolean known = !found.isEmpty() && !wentOn.contains(trainer);
        if (known) { // the failure that has taken back another trainer's steps
            int last = found.size() - 1;
            found.set(last, found.get(last).andLost(lost));
        } else {
            add(point, kept, lost, point.timeMillis() - lastMillis);
        }
    }

    private void add(StepPoint point, long step, long lost, long millis) {
        wentOn.clear();
        found.add(
                new Interruption(point.time(), step, lost, Duration.ofMillis(Math.max(0, millis))));
    }

    /**
     * The interruptions so far, in their order.
     *
     * @param eventSteps the steps of checkpoint events
     * @param roundSteps steps of a round of several trainers (training.round.steps)
     */
    List<Interruption> found(Set<Long> eventSteps, int roundSteps) {
        return found.stream()
                .filter(
                        i ->
                                i.lostSteps() > 0
                                        || i.away().compareTo(UNEXPLAINED_BEHIND_FILES) > 0
                                        || !(eventSteps.contains(i.step())
                                                || endsRound(i.step(), roundSteps)))
                .toList();
    }

    private boolean endsRound(long step, int roundSteps) {
        return trainers > 1 && step % roundSteps == 0;
    }
}
