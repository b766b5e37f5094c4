package io.kiln.demo;

import io.kiln.config.ConfigKeys;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.report.RunHistory;
import io.kiln.operations.report.StepPoint;
import io.kiln.schemas.CheckpointEvent;
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
     * @param deadLetters number of images that could not be used
     * @param events number of checkpoint events
     * @param imagesPerSecond rate of the last steps
     */
    record Counts(
            long step,
            long batches,
            long trained,
            int deadLetters,
            int events,
            double imagesPerSecond) {}

    private final List<StepPoint> steps = new ArrayList<>();
    private final List<CheckpointEvent> events = new ArrayList<>();
    private final List<DeadLetterRecord> deadLetters = new ArrayList<>();
    private final Set<String> deadSources = new HashSet<>();
    private final Map<Long, Path> reconstructions = new TreeMap<>();
    private long batches;
    private long trained;

    synchronized void step(StepPoint step) {
        steps.add(step);
        trained += step.images();
        notifyAll();
    }

    synchronized void batch() {
        batches++;
        notifyAll();
    }

    synchronized void deadLetter(DeadLetterRecord letter) {
        deadLetters.add(letter);
        deadSources.add(letter.source());
        notifyAll();
    }

    synchronized void event(CheckpointEvent event) {
        events.add(event);
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
                deadLetters.size(),
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
                name, steps, events, List.of(), Map.of(), reconstructions, configuration);
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
