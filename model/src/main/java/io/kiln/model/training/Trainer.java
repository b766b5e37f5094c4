package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.Patches;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.batch.TrainingBatch;
import io.kiln.model.layers.ConvFactory;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Bf16Support;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseTimes;
import io.kiln.model.torch.StepListener;
import io.kiln.model.weights.SafeTensorsStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A network under training: weights, optimiser and counters. A function of its settings and the
 * batches it is given: on one processor, the same batches give the same weights, bit for bit, saved
 * and loaded in between or not. On a GPU, libtorch's convolutions on maps may round otherwise each
 * time. Not thread-safe; several may live in one process.
 */
public final class Trainer implements AutoCloseable {
    private final TrainerSettings settings;
    private final NDManager manager;
    private final PixelInput pixels;
    private final PhaseTimes phases;
    private final Learner learner;
    private final @Nullable WeightAverage average;
    private final @Nullable Annealing annealing;
    private long step;
    private long samplesSeen;

    /** A network with fresh weights. */
    public Trainer(TrainerSettings settings) {
        this(settings, StepListener.NONE, ConvFactory.SPARSE);
    }

    /**
     * A network with fresh weights.
     *
     * @param listener is told which phase of a step begins
     * @param convolutions makes the convolutions on rows
     */
    public Trainer(TrainerSettings settings, StepListener listener, ConvFactory convolutions) {
        this(
                settings,
                listener,
                (manager, type) -> new Weights(manager, type, settings.seed(), convolutions));
    }

    private Trainer(
            TrainerSettings settings,
            StepListener listener,
            BiFunction<NDManager, DataType, Weights> weights) {
        this.settings = settings;
        this.phases = new PhaseTimes(listener);
        this.manager = Libtorch.load().newBaseManager(settings.engineDevice());
        this.pixels = new PixelInput(manager, settings.normalisation(), settings.precision());
        this.learner =
                new Learner(
                        settings, weights.apply(manager, settings.precision().dataType()), pixels);
        this.average =
                settings.average().map(s -> new WeightAverage(manager, s, model())).orElse(null);
        this.annealing =
                settings.annealing()
                        .map(s -> new Annealing(manager, settings, s, learner, pixels))
                        .orElse(null);
        if (settings.precision().mixed()) {
            Bf16Support.warnIfMissing(settings.device());
        }
    }

    /**
     * Goes on from what {@link #save} wrote; sooner ready than a fresh network that {@link #load}s.
     *
     * @throws io.kiln.model.weights.WeightFileException if it was saved by another version, or for
     *     another network, precision or seed, or the stream breaks off
     */
    public static Trainer restore(TrainerSettings settings, InputStream in) throws IOException {
        Trainer trainer = new Trainer(settings, StepListener.NONE, Weights::toBeLoaded);
        try {
            trainer.load(in);
            return trainer;
        } catch (IOException | RuntimeException e) {
            trainer.close();
            throw e;
        }
    }

    /**
     * Takes one optimiser step. Skips the batch, and changes nothing, if the loss or a gradient is
     * not finite, or if the batch has a single site at the smallest scale, for which batch norm is
     * not defined.
     *
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public StepResult step(TrainingBatch batch) {
        settings.requireGeometry(batch.grid());
        long taken = step;
        if (annealing != null) {
            annealing.begin(taken);
        }
        Learner.Outcome outcome = learn(batch, taken);
        if (annealing != null && outcome.learnt()) {
            annealing.follow(batch, taken);
        }
        return outcome.result(step, samplesSeen);
    }

    private Learner.Outcome learn(TrainingBatch batch, long taken) {
        phases.entered(Phase.INDEX);
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = operators(scratch);
            double rate = settings.schedule().learningRate(taken);
            Learner.Outcome outcome = learner.step(batch, taken, rate, operators, phases);
            if (outcome.learnt()) {
                step++;
                samplesSeen += batch.grid().images();
                if (average != null) {
                    average.follow(operators, step);
                }
            }
            return outcome;
        } finally {
            phases.stepEnded();
        }
    }

    private Operators operators(NDManager scratch) {
        return new Operators(scratch, settings.precision().mixed(), settings.kernels(), phases);
    }

    /**
     * Reconstructs the masked patches of a batch, with the batch's own statistics as in training.
     * Changes nothing.
     *
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public Reconstruction reconstruct(MaskedBatch batch) {
        PatchGrid grid = settings.requireGeometry(batch.grid());
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = operators(scratch);
            Pass pass = new Pass(operators, grid, DropPath.OFF);
            Patches patches = pixels.patches(batch, operators);
            NDArray images = model().visualise(model().forward(patches, pass), patches, pass);
            return pixels.reconstruction(batch, images);
        }
    }

    /**
     * The encoder for use without a mask: the average's, if there is one, or that of the annealing
     * branch that waits for it. Changes nothing.
     *
     * @param recent images that its norms' running statistics are to be of, whole
     * @throws IllegalArgumentException if the batch has another geometry than the settings
     */
    public WholeImageEncoder encoder(MaskedBatch recent) {
        settings.requireGeometry(recent.grid());
        SparkModel other = publishedInsteadOfTrained();
        if (other == null) {
            return WholeImageEncoder.of(manager, model(), pixels, recent, settings.kernels());
        }
        try (NDManager scratch = manager.newSubManager()) {
            SparkModel calibrated =
                    Calibration.calibrated(
                            other, model().weights(), recent, pixels, operators(scratch));
            return WholeImageEncoder.of(manager, calibrated, pixels, recent, settings.kernels());
        }
    }

    private @Nullable SparkModel publishedInsteadOfTrained() {
        if (average != null) {
            return average.network();
        }
        return annealing == null ? null : annealing.network();
    }

    /** Where the annealing branch has been that {@link #encoder} has; empty if none waits. */
    public Optional<AnnealingSpan> annealed() {
        return annealing == null ? Optional.empty() : Optional.ofNullable(annealing.span());
    }

    /** Gives up the annealing branch that waits, since it is published or will not be. */
    public void discardAnnealed() {
        if (annealing != null) {
            annealing.discard();
        }
    }

    /** Loss of the annealing branch's step beside the last one; empty if there was none. */
    public OptionalDouble annealingLoss() {
        return annealing == null ? OptionalDouble.empty() : annealing.loss();
    }

    /**
     * Writes everything that training goes on from; a deterministic stream, one tensor at a time.
     */
    public void save(OutputStream out) throws IOException {
        state().save(out, counters());
    }

    /**
     * Copies everything that training goes on from, so that it can be written, on any thread, while
     * training goes on: the same bytes that {@link #save} would write now. Takes as much memory
     * again until it is closed, which may be after this trainer is.
     */
    public TrainerSnapshot snapshot() {
        return state().copy(counters());
    }

    /** Names of weights, running statistics and moments that hold a number that is not finite. */
    public List<String> notFinite() {
        try (NDManager scratch = manager.newSubManager()) {
            return state().notFinite(operators(scratch));
        }
    }

    private TrainerState state() {
        return TrainerState.of(settings, learner, average, annealing);
    }

    private TrainerState.Counters counters() {
        return new TrainerState.Counters(
                step, samplesSeen, average == null ? 0 : average.updates());
    }

    /**
     * Goes on from what {@link #save} wrote, with or without an average of the weights or annealing
     * branches, or with others than this trainer's, which are passed over.
     *
     * @throws io.kiln.model.weights.WeightFileException if it was saved by another version, or for
     *     another network, precision or optimiser: this trainer is then as it was, but for its
     *     annealing branches, which are gone. If the stream breaks off in the middle, this trainer
     *     must not be used again.
     */
    public void load(InputStream in) throws IOException {
        SafeTensorsStream stream = SafeTensorsStream.open(in);
        if (annealing != null) {
            annealing.expect(stream.metadata());
        }
        TrainerState.Counters loaded = state().load(stream);
        step = loaded.step();
        samplesSeen = loaded.samplesSeen();
        if (average != null) {
            average.goOn(loaded.averaged(), manager);
        }
    }

    /** What this trainer was made with. */
    public TrainerSettings settings() {
        return settings;
    }

    /** The network. */
    public SparkModel model() {
        return learner.model();
    }

    /** What the phases of its steps have taken so far. */
    public PhaseTimes phases() {
        return phases;
    }

    /** Optimiser steps taken. */
    public long step() {
        return step;
    }

    /** Images trained on, counting repeats. */
    public long samplesSeen() {
        return samplesSeen;
    }

    @Override
    public void close() {
        manager.close();
    }
}
