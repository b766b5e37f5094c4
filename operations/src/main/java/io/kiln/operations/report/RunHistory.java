package io.kiln.operations.report;

import io.kiln.config.ConfigKeys;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a report tells of one run.
 *
 * @param trainers number of its trainers (topics.trainers)
 * @param steps training steps and skipped batches, in order; those of each trainer in its own
 * @param events the events that announced its versions, in order, each with the status that the
 *     version has now
 * @param interruptions when it did not train, in order
 * @param evaluations of its versions, by version
 * @param pictures verified reconstructions files, by version
 * @param configuration keys whose values are known
 */
public record RunHistory(
        RunName name,
        int trainers,
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

    /** A run of one trainer. */
    public RunHistory(
            RunName name,
            List<StepPoint> steps,
            List<CheckpointEvent> events,
            List<Interruption> interruptions,
            Map<Long, Evaluation> evaluations,
            Map<Long, Path> pictures,
            List<ConfigKeys.Entry> configuration) {
        this(name, 1, steps, events, interruptions, evaluations, pictures, configuration);
    }

    /** Steps that changed the weights. */
    public List<StepPoint> taken() {
        return steps.stream().filter(s -> !s.skipped()).toList();
    }

    /** The number of optimiser steps so far; of several trainers, of the one that is ahead. */
    public long step() {
        return steps.stream().mapToLong(StepPoint::step).max().orElse(0);
    }

    /** The number of batches skipped because loss or gradient was not finite. */
    public long skipped() {
        return steps.stream().filter(StepPoint::skipped).count();
    }

    /** The number of image views in the steps and skipped batches that are known. */
    public long imagesTrained() {
        return steps.stream().mapToLong(StepPoint::images).sum();
    }

    /** The number of image views trained on since the run began, by all trainers. */
    public long samplesSeen() {
        Map<Integer, Long> last = new HashMap<>();
        steps.forEach(step -> last.put(step.trainer(trainers), step.samplesSeen()));
        return last.values().stream().mapToLong(Long::longValue).sum();
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

    /**
     * Images per second over the run, waiting included and interruptions left out; 0 before the
     * first step.
     */
    public double imagesPerSecond() {
        return trainers == 1 ? imagesPerSecondOfOne() : imagesPerSecondOfAll();
    }

    private double imagesPerSecondOfOne() {
        List<StepPoint> batches = steps.stream().filter(s -> s.imagesPerSecond() > 0).toList();
        double seconds = batches.stream().mapToDouble(s -> s.images() / s.imagesPerSecond()).sum();
        long images = batches.stream().mapToLong(StepPoint::images).sum();
        return batches.isEmpty() ? 0 : images / seconds;
    }

    /** Trainers step at the same time, so their steps tell less than the time that passed. */
    private double imagesPerSecondOfAll() {
        if (steps.isEmpty()) {
            return 0;
        }
        long millis = steps.get(steps.size() - 1).timeMillis() - steps.get(0).timeMillis();
        millis -= interruptions.stream().mapToLong(i -> i.away().toMillis()).sum();
        long images = steps.stream().skip(1).mapToLong(StepPoint::images).sum();
        return millis <= 0 ? 0 : images * 1000.0 / millis;
    }

    /** Images per second over the last steps of one trainer; 0 before the first step. */
    public static double imagesPerSecond(List<StepPoint> steps) {
        return steps.subList(Math.max(0, steps.size() - RATE_SPAN), steps.size()).stream()
                .mapToDouble(StepPoint::imagesPerSecond)
                .average()
                .orElse(0);
    }
}
