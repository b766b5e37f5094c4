package io.kiln.operations.report;

import io.kiln.config.ConfigKeys;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a report tells of one run.
 *
 * @param steps training steps and skipped batches, in order
 * @param events the events that announced its versions, in order, each with the status that the
 *     version has now
 * @param interruptions when it did not train, in order
 * @param evaluations of its versions, by version
 * @param pictures verified reconstructions files, by version
 * @param configuration keys whose values are known
 */
public record RunHistory(
        RunName name,
        List<StepPoint> steps,
        List<CheckpointEvent> events,
        List<Interruption> interruptions,
        Map<Long, Evaluation> evaluations,
        Map<Long, Path> pictures,
        List<ConfigKeys.Entry> configuration) {
    /** Number of steps that the first and the last mean loss are averaged over. */
    public static final int SPAN = 20;

    private static final int RATE_SPAN = 10;

    public RunHistory {
        steps = List.copyOf(steps);
        events = List.copyOf(events);
        interruptions = List.copyOf(interruptions);
        evaluations = Map.copyOf(evaluations);
        pictures = Map.copyOf(pictures);
        configuration = List.copyOf(configuration);
    }

    /** Steps that changed the weights. */
    public List<StepPoint> taken() {
        return steps.stream().filter(s -> !s.skipped()).toList();
    }

    /** The number of optimiser steps so far. */
    public long step() {
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).step();
    }

    /** The number of batches skipped because loss or gradient was not finite. */
    public long skipped() {
        return steps.stream().filter(StepPoint::skipped).count();
    }

    /** The number of image views in the steps and skipped batches that are known. */
    public long imagesTrained() {
        return steps.stream().mapToLong(StepPoint::images).sum();
    }

    /** The number of image views trained on since the run began. */
    public long samplesSeen() {
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).samplesSeen();
    }

    /** Mean loss of the first {@value #SPAN} steps; empty before the first. */
    public OptionalDouble firstLoss() {
        return taken().stream().limit(SPAN).mapToDouble(StepPoint::loss).average();
    }

    /** Mean loss of the last {@value #SPAN} steps; empty before the first. */
    public OptionalDouble lastLoss() {
        List<StepPoint> taken = taken();
        return taken.stream()
                .skip(Math.max(0, taken.size() - SPAN))
                .mapToDouble(StepPoint::loss)
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
    public static double imagesPerSecond(List<StepPoint> steps) {
        return steps.subList(Math.max(0, steps.size() - RATE_SPAN), steps.size()).stream()
                .mapToDouble(StepPoint::imagesPerSecond)
                .average()
                .orElse(0);
    }
}
