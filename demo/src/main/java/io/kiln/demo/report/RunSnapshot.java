package io.kiln.demo.report;

import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The records of a run up to some moment.
 *
 * @param steps training steps and skipped batches, in order
 * @param events checkpoint events, in order
 * @param deadLetters images that could not be used, in order
 * @param batches number of masked batches
 */
public record RunSnapshot(
        List<TrainingStep> steps,
        List<CheckpointEvent> events,
        List<DeadLetterRecord> deadLetters,
        long batches) {
    /** Number of steps that the first and the last mean loss are averaged over. */
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

    /** The number of optimiser steps so far. */
    public long step() {
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).getStep();
    }

    /** The number of batches skipped because loss or gradient was not finite. */
    public long skipped() {
        return steps.stream().filter(TrainingStep::getSkipped).count();
    }

    /** The number of image views in steps and skipped batches. */
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

    /** Images per second over the last steps, including waiting time; 0 before the first step. */
    public double imagesPerSecond() {
        return imagesPerSecond(steps);
    }

    /** The same for any list of steps. */
    public static double imagesPerSecond(List<TrainingStep> steps) {
        return steps.subList(Math.max(0, steps.size() - RATE_SPAN), steps.size()).stream()
                .mapToDouble(TrainingStep::getImagesPerSecond)
                .average()
                .orElse(0);
    }
}
