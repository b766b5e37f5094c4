package io.kiln.training.rounds;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TrainingStep;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes changes that no retained Flink checkpoint needs. The steps that are visible tell how far
 * each trainer is in a checkpoint that is complete. On a thread of its own; what fails is tried
 * again after the next checkpoint.
 */
public final class UpdateSweep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UpdateSweep.class);

    /** How many of the last offsets of training-steps are read. A live trainer is among them. */
    private static final long RECENT = 2000;

    private final KilnConfig config;
    private final int retained;
    private final UpdateFiles files;
    private final Deque<Long> neededFrom = new ArrayDeque<>();
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    task -> {
                        Thread made = new Thread(task, "kiln-update-sweep");
                        made.setDaemon(true);
                        return made;
                    });

    /**
     * @param retained number of Flink checkpoints that are kept
     */
    public UpdateSweep(KilnConfig config, int retained) {
        this.config = config;
        this.retained = Math.max(1, retained);
        this.files = new UpdateFiles(config);
    }

    /** A Flink checkpoint is complete. */
    public void completed() {
        try {
            thread.execute(this::sweep);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed", e);
        }
    }

    private void sweep() {
        try {
            neededFrom.addLast(firstRound());
            if (neededFrom.size() > retained) {
                neededFrom.removeFirst();
            }
            if (neededFrom.size() == retained) {
                files.deleteBefore(neededFrom.getFirst());
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("old changes were not deleted; tried again later: {}", e.toString());
        }
    }

    /**
     * The earliest round that a trainer may be in, in the last checkpoint; 0 if it is not known.
     */
    private long firstRound() {
        String topic = config.topics().trainingSteps();
        JobRecords<TrainingStep> steps = new JobRecords<>(config, TrainingStep.class, topic);
        Map<Integer, Long> taken = new HashMap<>();
        try (TopicReader reader = Clients.reader(config)) {
            reader.read(
                    reader.extent(topic).newest(RECENT),
                    record ->
                            steps.readOrPassOver(record)
                                    .filter(this::isOfThisRun)
                                    .ifPresent(
                                            step ->
                                                    taken.merge(
                                                            config.topics()
                                                                    .trainerOf(
                                                                            step
                                                                                    .getBatchPartition()),
                                                            step.getStep(),
                                                            Math::max)));
        }
        if (taken.size() < config.topics().trainers()) {
            return 0;
        }
        long least = taken.values().stream().mapToLong(Long::longValue).min().orElse(0);
        return Math.max(0, least - 1) / config.training().round().steps();
    }

    private boolean isOfThisRun(TrainingStep step) {
        return step.getRunId().equals(config.training().runId())
                && step.getModel().equals(config.model().name());
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
