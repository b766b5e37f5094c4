package io.kiln.operations.report;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SetFigures;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The curves of a run, as TensorBoard and MLflow take them: named numbers over steps. */
public final class RunScalars {
    /** Takes one number. */
    @FunctionalInterface
    public interface Sink {
        /**
         * @param step optimiser steps taken
         * @param tag name of the curve, such as training/loss; of several trainers
         *     training/loss/trainer_0
         */
        void scalar(Instant time, long step, String tag, double value) throws IOException;
    }

    private RunScalars() {}

    /** Gives all numbers of a run to a sink: steps in their order, then versions in theirs. */
    public static void write(RunHistory run, Sink sink) throws IOException {
        for (StepPoint step : run.steps()) {
            step(sink, run.trainers(), step);
        }
        for (CheckpointEvent event : run.events()) {
            version(sink, event, run.evaluations().get(event.getVersion()));
        }
    }

    private static void step(Sink events, int trainers, StepPoint step) throws IOException {
        String of = trainers == 1 ? "" : "/trainer_" + step.trainer(trainers);
        if (!step.skipped()) {
            scalar(events, step, "training/loss" + of, step.loss());
            scalar(events, step, "training/gradient_norm" + of, step.gradientNorm());
            scalar(events, step, "schedule/learning_rate" + of, step.learningRate());
            scalar(events, step, "schedule/weight_decay" + of, step.weightDecay());
        }
        if (step.images() > 0) {
            scalar(events, step, "throughput/images_per_second" + of, step.imagesPerSecond());
            scalar(events, step, "throughput/wait_share" + of, step.waitShare());
        }
    }

    private static void scalar(Sink events, StepPoint step, String tag, double value)
            throws IOException {
        events.scalar(step.time(), step.step(), tag, value);
    }

    private static void version(Sink events, CheckpointEvent event, @Nullable Evaluation evaluation)
            throws IOException {
        figure(events, event, "version/number", (double) event.getVersion());
        figure(events, event, "version/training_loss", event.getTrainingLoss());
        if (evaluation != null) {
            set(events, event, "anchors", evaluation.getAnchors());
            set(events, event, "recent", evaluation.getRecent());
        }
    }

    private static void set(Sink events, CheckpointEvent event, String set, SetFigures figures)
            throws IOException {
        figure(events, event, "holdout/" + set + "_loss", figures.getLoss());
        figure(events, event, "holdout/" + set + "_effective_rank", figures.getEffectiveRank());
        figure(events, event, "holdout/" + set + "_spread", figures.getSpread());
        figure(events, event, "holdout/" + set + "_dead_channels", figures.getDeadChannels());
        figure(events, event, "holdout/" + set + "_running_loss", figures.getRunningLoss());
        figure(events, event, "holdout/" + set + "_alignment", figures.getAlignment());
    }

    private static void figure(
            Sink events, CheckpointEvent event, String tag, @Nullable Double value)
            throws IOException {
        if (value != null) {
            events.scalar(event.getCreatedAt(), event.getStep(), tag, value);
        }
    }
}
