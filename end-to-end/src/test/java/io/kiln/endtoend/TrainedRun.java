package io.kiln.endtoend;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TrainingStep;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A run as its committed records show it, during the run and afterwards. */
final class TrainedRun implements AutoCloseable {
    /** Files that equal runs of other names may have otherwise. */
    private static final Set<FileRole> OF_THE_RUN =
            Set.of(
                    FileRole.RECONSTRUCTIONS,
                    FileRole.ENCODER_CONFIG,
                    FileRole.MODEL_CARD,
                    FileRole.CONFIGURATION);

    /**
     * A step, without the fields that may differ between equal runs.
     *
     * @param trainer number of the trainer that took it, from 0
     * @param step counts the steps of the trainer, from 1
     * @param lossBits bits of the loss as a double
     * @param normBits bits of the gradient norm as a double
     */
    record Step(
            int trainer, long step, String batchId, long offset, long lossBits, long normBits) {}

    /**
     * An announced version.
     *
     * @param digests SHA-256 by role, of the files that depend neither on the times of checkpoints
     *     nor on the name of the run
     */
    record Version(long version, long step, long flinkCheckpoint, Map<FileRole, String> digests) {
        /** The same, whenever Flink made its checkpoints. */
        Version withoutCheckpoint() {
            return new Version(version, step, 0, digests);
        }
    }

    private final TopicFollower<Step> steps;
    private final TopicFollower<CheckpointEvent> events;
    private final String runId;

    TrainedRun(KilnConfig config) {
        RecordDeserializer<TrainingStep> step =
                new RecordDeserializer<>(Clients.registry(config), TrainingStep.class);
        RecordDeserializer<CheckpointEvent> event =
                new RecordDeserializer<>(Clients.registry(config), CheckpointEvent.class);
        this.runId = config.training().runId();
        this.steps =
                new TopicFollower<>(
                        config,
                        config.topics().trainingSteps(),
                        1,
                        record -> of(step.read(record.value()), config));
        this.events =
                new TopicFollower<>(
                        config,
                        config.topics().checkpoints(),
                        1,
                        record -> event.read(record.value()));
    }

    private static Step of(TrainingStep step, KilnConfig config) {
        return new Step(
                config.topics().trainerOf(step.getBatchPartition()),
                step.getStep(),
                step.getBatchId(),
                step.getBatchOffset(),
                Double.doubleToLongBits(step.getLoss()),
                Double.doubleToLongBits(step.getGradientNorm()));
    }

    /** The steps, in the order of the topic. */
    List<Step> steps() {
        return steps.all();
    }

    /** The sequence of steps of each trainer; which trainer is ahead depends on the time. */
    Map<Integer, List<Step>> stepsByTrainer() {
        return steps().stream().collect(Collectors.groupingBy(Step::trainer));
    }

    /** The versions, in the order of the topic. */
    List<Version> versions() {
        return versions(events.all());
    }

    private static List<Version> versions(List<CheckpointEvent> events) {
        return events.stream()
                .filter(event -> event.getStatus() == CheckpointStatus.CANDIDATE)
                .map(
                        event ->
                                new Version(
                                        event.getVersion(),
                                        event.getStep(),
                                        event.getFlinkCheckpointId(),
                                        event.getFiles().stream()
                                                .filter(f -> !OF_THE_RUN.contains(f.getRole()))
                                                .collect(
                                                        Collectors.toMap(
                                                                CheckpointFile::getRole,
                                                                CheckpointFile::getSha256,
                                                                (first, second) -> first,
                                                                TreeMap::new))))
                .toList();
    }

    /** The last version. */
    Version last() {
        List<Version> all = versions();
        return all.get(all.size() - 1);
    }

    /** Waits until steps are committed. */
    void awaitSteps(long count, Duration atMost) {
        steps.await(count + " steps of " + runId, atMost, all -> all.size() >= count);
    }

    /** Waits until any version is announced. */
    void awaitFirstVersion(Duration atMost) {
        events.await("a version of " + runId, atMost, all -> !all.isEmpty());
    }

    /** Waits until the version of a step is announced. */
    void awaitVersionOf(long step, Duration atMost) {
        events.await(
                "a version of " + runId + " after step " + step,
                atMost,
                found -> versions(found).stream().anyMatch(v -> v.step() == step));
    }

    /** The number of steps and versions that occur more than once. */
    long duplicated() {
        List<Step> taken = steps();
        List<Version> announced = versions();
        return (long) taken.size()
                - taken.stream().map(s -> List.of(s.trainer(), s.offset())).distinct().count()
                + announced.size()
                - new HashSet<>(announced.stream().map(Version::version).toList()).size();
    }

    /** The number of batches that only the reference trained on, and of missing versions. */
    long lost(TrainedRun reference) {
        HashSet<String> batches =
                new HashSet<>(reference.steps().stream().map(Step::batchId).toList());
        steps().forEach(step -> batches.remove(step.batchId()));
        List<Version> announced = versions();
        long last = announced.stream().mapToLong(Version::version).max().orElse(0);
        return batches.size() + last - announced.stream().map(Version::version).distinct().count();
    }

    @Override
    public void close() {
        steps.close();
        events.close();
    }
}
