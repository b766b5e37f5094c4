package io.kiln.demo.report;

import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a run's topics have shown up to some moment.
 *
 * @param steps training steps and skipped batches, in order
 * @param events checkpoint events, in order
 * @param deadLetters images that could not be used, in order
 * @param batches masked batches
 */
public record RunSnapshot(
        List<TrainingStep> steps,
        List<CheckpointEvent> events,
        List<DeadLetterRecord> deadLetters,
        long batches) {
    /** Steps that the first and the last mean loss are taken over. */
    public static final int SPAN = 20;

    private static final int RATE_SPAN = 10;

    public RunSnapshot {
        steps = List.copyOf(steps);
        events = List.copyOf(events);
        deadLetters = List.copyOf(deadLetters);
    }

    /** Steps that changed the weights. */
    public List<TrainingStep> taken() {
        return steps.stream().filter(s -> !s.getSkipped()).toList();
    }

    /** Optimiser steps so far. */
    public long step() {
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).getStep();
    }

    /** Batches that were skipped since loss or gradient was not finite. */
    public long skipped() {
        return steps.stream().filter(TrainingStep::getSkipped).count();
    }

    /** Views of images that went into steps or skipped batches. */
    public long imagesTrained() {
        return steps.stream().mapToLong(TrainingStep::getImages).sum();
    }

    /** Mean loss of the first {@value #SPAN} steps; empty before the first. */
    public OptionalDouble firstLoss() {
        return taken().stream().limit(SPAN).mapToDouble(TrainingStep::getLoss).average();
    }

    /** Mean loss of the last {@value #SPAN} steps; empty before the first. */
    public OptionalDouble lastLoss() {
        List<TrainingStep> taken = taken();
        return taken.stream()
                .skip(Math.max(0, taken.size() - SPAN))
                .mapToDouble(TrainingStep::getLoss)
                .average();
    }

    /** Last mean loss divided by the first; empty before the first step. */
    public OptionalDouble lossRatio() {
        OptionalDouble first = firstLoss();
        OptionalDouble last = lastLoss();
        return first.isPresent() && last.isPresent()
                ? OptionalDouble.of(last.getAsDouble() / first.getAsDouble())
                : OptionalDouble.empty();
    }

    /** Images a second over the last steps, waiting included; 0 before the first. */
    public double imagesPerSecond() {
        return imagesPerSecond(steps);
    }

    /** The same of steps that are not a snapshot's. */
    public static double imagesPerSecond(List<TrainingStep> steps) {
        return steps.subList(Math.max(0, steps.size() - RATE_SPAN), steps.size()).stream()
                .mapToDouble(TrainingStep::getImagesPerSecond)
                .average()
                .orElse(0);
    }
}
