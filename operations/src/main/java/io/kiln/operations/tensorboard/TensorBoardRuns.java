package io.kiln.operations.tensorboard;

import io.kiln.operations.report.RunHistory;
import io.kiln.operations.report.StepPoint;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SetFigures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Writes runs as TensorBoard reads them: a folder a run, with one file of events. */
public final class TensorBoardRuns {
    /** A name that does not change, so that writing again replaces a run. */
    private static final String NAME = "events.out.tfevents.0.kiln";

    private TensorBoardRuns() {}

    /**
     * Writes a run into the folder {@code model/run} below another.
     *
     * @param logs what {@code tensorboard --logdir} is given
     * @return the file
     * @throws IOException if it cannot be written
     */
    public static Path write(Path logs, RunHistory run) throws IOException {
        Path folder = logs.resolve(run.name().model()).resolve(run.name().run());
        Files.createDirectories(folder);
        Path file = folder.resolve(NAME);
        Path partial = folder.resolve(".part"); // TensorBoard reads files with tfevents in the name
        Instant begin = run.steps().isEmpty() ? Instant.EPOCH : run.steps().get(0).time();
        try (EventFile events = new EventFile(partial, begin)) {
            for (StepPoint step : run.steps()) {
                step(events, step);
            }
            for (CheckpointEvent event : run.events()) {
                version(events, event, run.evaluations().get(event.getVersion()));
            }
        }
        return Files.move(
                partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void step(EventFile events, StepPoint step) throws IOException {
        if (!step.skipped()) {
            scalar(events, step, "training/loss", step.loss());
            scalar(events, step, "training/gradient_norm", step.gradientNorm());
            scalar(events, step, "schedule/learning_rate", step.learningRate());
            scalar(events, step, "schedule/weight_decay", step.weightDecay());
        }
        if (step.images() > 0) {
            scalar(events, step, "throughput/images_per_second", step.imagesPerSecond());
            scalar(events, step, "throughput/wait_share", step.waitShare());
        }
    }

    private static void scalar(EventFile events, StepPoint step, String tag, double value)
            throws IOException {
        events.scalar(step.time(), step.step(), tag, value);
    }

    private static void version(
            EventFile events, CheckpointEvent event, @Nullable Evaluation evaluation)
            throws IOException {
        figure(events, event, "version/number", (double) event.getVersion());
        figure(events, event, "version/training_loss", event.getTrainingLoss());
        if (evaluation != null) {
            set(events, event, "anchors", evaluation.getAnchors());
            set(events, event, "recent", evaluation.getRecent());
        }
    }

    private static void set(EventFile events, CheckpointEvent event, String set, SetFigures figures)
            throws IOException {
        figure(events, event, "holdout/" + set + "_loss", figures.getLoss());
        figure(events, event, "holdout/" + set + "_effective_rank", figures.getEffectiveRank());
        figure(events, event, "holdout/" + set + "_spread", figures.getSpread());
        figure(events, event, "holdout/" + set + "_dead_channels", figures.getDeadChannels());
    }

    private static void figure(
            EventFile events, CheckpointEvent event, String tag, @Nullable Double value)
            throws IOException {
        if (value != null) {
            events.scalar(event.getCreatedAt(), event.getStep(), tag, value);
        }
    }
}
