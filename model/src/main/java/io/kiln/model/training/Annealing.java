package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.TrainingBatch;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.StepListener;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Annealing branches of a network in training: copies of it that learn from the same batches for a
 * while, with a learning rate that falls. The network in training knows nothing of them. One is
 * under way at a time; the last finished one waits until it is published, or the next one is
 * finished.
 */
final class Annealing {
    private static final Logger LOG = LoggerFactory.getLogger(Annealing.class);
    private static final String UNDER_WAY = "branch.";
    private static final String FINISHED = "annealed.";
    private static final String FROM = "From";
    private static final String STEPS = "Steps";

    private final NDManager manager;
    private final TrainerSettings settings;
    private final AnnealingSettings when;
    private final Learner trained;
    private final PixelInput pixels;
    private @Nullable Branch underWay;
    private @Nullable Branch finished;
    private OptionalDouble loss = OptionalDouble.empty();

    /**
     * @param manager parent of the owners of branches
     * @param trained what they begin with
     */
    Annealing(
            NDManager manager,
            TrainerSettings settings,
            AnnealingSettings when,
            Learner trained,
            PixelInput pixels) {
        this.manager = manager;
        this.settings = settings;
        this.when = when;
        this.trained = trained;
        this.pixels = pixels;
    }

    private record Branch(AnnealingSpan span, NDManager owner, Learner learner) {}

    private Branch branch(AnnealingSpan span) {
        NDManager owner = manager.newSubManager();
        Weights weights = Weights.toBeLoaded(owner, settings.precision().dataType());
        return new Branch(span, owner, new Learner(settings, weights, pixels));
    }

    /**
     * Begins a branch, if it is time to.
     *
     * @param taken steps that the trained network has taken
     */
    void begin(long taken) {
        loss = OptionalDouble.empty();
        if (underWay != null || !when.beginsAfter(taken)) {
            return;
        }
        Branch begun = branch(new AnnealingSpan(taken, when.steps()));
        try (NDManager scratch = manager.newSubManager()) {
            begun.learner().copy(trained, new Operators(scratch));
        }
        underWay = begun;
    }

    /**
     * Takes a step of the branch that is under way, if there is one, beside one that the trained
     * network has taken. A batch whose loss or gradient is not finite changes nothing of it.
     *
     * @param taken steps of the trained network before it
     */
    void follow(TrainingBatch batch, long taken) {
        if (underWay == null) {
            return;
        }
        Branch branch = underWay;
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators =
                    new Operators(scratch, settings.precision().mixed(), settings.kernels());
            double rate = branch.span().learningRate(settings.schedule(), taken);
            Learner.Outcome outcome =
                    branch.learner().step(batch, taken, rate, operators, StepListener.NONE);
            loss = OptionalDouble.of(outcome.loss());
        }
        if (taken + 1 == branch.span().end()) {
            discard();
            finished = branch;
            underWay = null;
            LOG.info(
                    "the annealing branch of steps {} to {} is over, with a loss of {}",
                    branch.span().from() + 1,
                    branch.span().end(),
                    loss.getAsDouble());
        }
    }

    /** Loss of the branch's step beside the last one; empty if there was none. */
    OptionalDouble loss() {
        return loss;
    }

    /** Where the finished branch has been; null if none waits. */
    @Nullable AnnealingSpan span() {
        return finished == null ? null : finished.span();
    }

    /** The finished branch; null if none waits. */
    @Nullable SparkModel network() {
        return finished == null ? null : finished.learner().model();
    }

    /** Gives up the finished branch. */
    void discard() {
        if (finished != null) {
            finished.owner().close();
            finished = null;
        }
    }

    /** Name of a parameter of a finished branch in a training state. */
    static String name(String parameter) {
        return FINISHED + parameter;
    }

    /** Whether a tensor of a training state is of a branch. */
    static boolean isName(String tensor) {
        return tensor.startsWith(UNDER_WAY) || tensor.startsWith(FINISHED);
    }

    /**
     * What the branches' steps change, by name in a training state; no moments of a finished one.
     */
    Map<String, NDArray> arrays() {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        if (underWay != null) {
            underWay.learner()
                    .parametersAndMoments()
                    .forEach((name, array) -> arrays.put(UNDER_WAY + name, array));
        }
        if (finished != null) {
            finished.learner()
                    .parameters()
                    .forEach((name, array) -> arrays.put(FINISHED + name, array));
        }
        return arrays;
    }

    /** What a training state says of the branches besides. */
    Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        put(metadata, UNDER_WAY, underWay);
        put(metadata, FINISHED, finished);
        return metadata;
    }

    private static void put(Map<String, String> metadata, String prefix, @Nullable Branch branch) {
        if (branch != null) {
            String key = prefix.substring(0, prefix.length() - 1);
            metadata.put(key + FROM, Long.toString(branch.span().from()));
            metadata.put(key + STEPS, Integer.toString(branch.span().steps()));
        }
    }

    /**
     * Makes room for the branches of a state, in the place of those that there are. A branch under
     * way of another length is passed over.
     *
     * @param metadata of the state
     * @throws io.kiln.model.weights.WeightFileException if it is not sound
     */
    void expect(Map<String, String> metadata) {
        AnnealingSpan under = spanOf(metadata, UNDER_WAY);
        AnnealingSpan done = spanOf(metadata, FINISHED);
        close();
        if (under != null && under.steps() == when.steps()) {
            underWay = branch(under);
        } else if (under != null) {
            LOG.info(
                    "the training state holds an annealing branch of {} steps, configured are {}; it"
                            + " is given up, and the next one begins in its time",
                    under.steps(),
                    when.steps());
        }
        finished = done == null ? null : branch(done);
    }

    private static @Nullable AnnealingSpan spanOf(Map<String, String> metadata, String prefix) {
        String key = prefix.substring(0, prefix.length() - 1);
        if (!metadata.containsKey(key + FROM)) {
            return null;
        }
        return new AnnealingSpan(
                TrainerState.number(metadata, key + FROM),
                Math.toIntExact(TrainerState.number(metadata, key + STEPS)));
    }

    private void close() {
        discard();
        if (underWay != null) {
            underWay.owner().close();
            underWay = null;
        }
        loss = OptionalDouble.empty();
    }
}
