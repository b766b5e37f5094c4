package io.kiln.demo;

import io.kiln.demo.report.RunSnapshot;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What has been seen on a run's topics so far. Thread-safe; others can wait for it to grow. */
final class RunRecord {
    /**
     * The counts, cheap to ask for.
     *
     * @param step optimiser steps
     * @param batches masked batches
     * @param trained views of images in steps and skipped batches
     * @param deadLetters images that could not be used
     * @param events checkpoint events
     * @param imagesPerSecond of the last steps
     */
    record Counts(
            long step,
            long batches,
            long trained,
            int deadLetters,
            int events,
            double imagesPerSecond) {}

    private final List<TrainingStep> steps = new ArrayList<>();
    private final List<CheckpointEvent> events = new ArrayList<>();
    private final List<DeadLetterRecord> deadLetters = new ArrayList<>();
    private final Set<String> deadSources = new HashSet<>();
    private final Map<Long, Path> pictures = new TreeMap<>();
    private long batches;
    private long trained;

    synchronized void step(TrainingStep step) {
        steps.add(step);
        trained += step.getImages();
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

    /** Where an event's pictures are, verified. */
    synchronized void pictures(CheckpointEvent event, Path file) {
        pictures.put(event.getVersion(), file);
    }

    /** Reconstructions files by version of their checkpoint. */
    synchronized Map<Long, Path> pictures() {
        return Map.copyOf(pictures);
    }

    /** Whether the image from this source is a dead letter. */
    synchronized boolean isDead(String source) {
        return deadSources.contains(source);
    }

    /** The first dead letter in words; empty text before it. */
    synchronized String firstDeath() {
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
                steps.isEmpty() ? 0 : steps.get(steps.size() - 1).getStep(),
                batches,
                trained,
                deadLetters.size(),
                events.size(),
                RunSnapshot.imagesPerSecond(steps));
    }

    synchronized RunSnapshot snapshot() {
        return new RunSnapshot(steps, events, deadLetters, batches);
    }

    /**
     * Waits until the counts fulfil a condition.
     *
     * @return whether they do; false after the time
     */
    synchronized boolean await(Predicate<Counts> condition, Duration atMost)
            throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
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
