package io.kiln.demo;

import io.kiln.config.ConfigKeys;
import io.kiln.masking.sampling.Holdout;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.report.Interruption;
import io.kiln.operations.report.RunHistory;
import io.kiln.operations.report.StepPoint;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** The records of a run so far. Thread-safe; threads can wait for further records. */
final class RunRecord {
    /**
     * The counts of a run.
     *
     * @param step number of optimiser steps
     * @param batches number of masked batches
     * @param trained number of image views in steps and skipped batches
     * @param heldOut number of images that were held out of training
     * @param deadLetters number of images that could not be used
     * @param lost number of those that would not have been held out
     * @param events number of checkpoint events
     * @param imagesPerSecond rate of the last steps
     */
    record Counts(
            long step,
            long batches,
            long trained,
            long heldOut,
            int deadLetters,
            int lost,
            int events,
            double imagesPerSecond) {}

    private final List<StepPoint> steps = new ArrayList<>();
    private final List<CheckpointEvent> events = new ArrayList<>();
    private final List<DeadLetterRecord> deadLetters = new ArrayList<>();
    private final Set<String> deadSources = new HashSet<>();
    private final Map<Long, Path> reconstructions = new TreeMap<>();
    private final Map<Long, Evaluation> evaluations = new TreeMap<>();
    private final Holdout holdout;
    private List<Interruption> interruptions = List.of();
    private long batches;
    private long trained;
    private long heldOut;
    private int lost;

    /**
     * @param holdout which images are held out
     */
    RunRecord(Holdout holdout) {
        this.holdout = holdout;
    }

    synchronized void step(StepPoint step) {
        steps.add(step);
        trained += step.images();
        notifyAll();
    }

    synchronized void batch() {
        batches++;
        notifyAll();
    }

    synchronized void heldOut() {
        heldOut++;
        notifyAll();
    }

    synchronized void deadLetter(DeadLetterRecord letter) {
        deadLetters.add(letter);
        lost += holdout.holds(letter.imageId()) ? 0 : 1;
        deadSources.add(letter.source());
        notifyAll();
    }

    synchronized void event(CheckpointEvent event) {
        events.add(event);
        notifyAll();
    }

    /** Adds an evaluation; the first of a version stands. */
    synchronized void evaluation(Evaluation evaluation) {
        evaluations.putIfAbsent(evaluation.getVersion(), evaluation);
        notifyAll();
    }

    /** Adds the verified reconstructions file of an event. */
    synchronized void reconstructions(CheckpointEvent event, Path file) {
        reconstructions.put(event.getVersion(), file);
    }

    /** Whether the image from this source is a dead letter. */
    synchronized boolean isDead(String source) {
        return deadSources.contains(source);
    }

    /** Describes the first dead letter; empty if there is none. */
    synchronized String firstDeadLetter() {
        return deadLetters.isEmpty()
                ? ""
                : deadLetters.get(0).name()
                        + ": "
                        + deadLetters.get(0).reason()
                        + ", "
                        + deadLetters.get(0).detail();
    }

    synchronized Counts counts() {
        return new Counts(
                steps.isEmpty() ? 0 : steps.get(steps.size() - 1).step(),
                batches,
                trained,
                heldOut,
                deadLetters.size(),
                lost,
                events.size(),
                RunHistory.imagesPerSecond(steps));
    }

    /**
     * The run so far.
     *
     * @param configuration it runs with
     */
    synchronized RunHistory history(RunName name, List<ConfigKeys.Entry> configuration) {
        return new RunHistory(
                name, steps, events, interruptions, evaluations, reconstructions, configuration);
    }

    /** What is known of times in which the run did not train. */
    synchronized void interruptions(List<Interruption> found) {
        interruptions = List.copyOf(found);
    }

    /** The last step that was taken before a time; 0 if there was none. */
    synchronized long stepBefore(long millis) {
        return steps.stream()
                .filter(step -> step.timeMillis() < millis)
                .mapToLong(StepPoint::step)
                .max()
                .orElse(0);
    }

    /** The newest version that was announced; 0 before the first. */
    synchronized long lastVersion() {
        return events.isEmpty() ? 0 : events.get(events.size() - 1).getVersion();
    }

    /** The evaluations so far, by version. */
    synchronized List<Evaluation> evaluations() {
        return List.copyOf(evaluations.values());
    }

    /** The images that could not be used, in order. */
    synchronized List<DeadLetterRecord> deadLetters() {
        return List.copyOf(deadLetters);
    }

    /**
     * Waits until the counts fulfil a condition.
     *
     * @return whether they do; false on timeout
     */
    synchronized boolean await(Predicate<Counts> condition, Duration timeout)
            throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.test(counts())) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
