package io.kiln.model.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.kiln.model.layers.Parameter;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.training.RoundSettings.Outer;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsStream;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One trainer's part in the rounds of several. A round begins with weights that are the same in all
 * trainers. Each takes the same number of local steps. Then each sums the changes of all, in the
 * order of the trainers, in float64, and takes the outer step. So the weights of the next round are
 * a function of the changes, whoever computes them, and a change is a function of its trainer's
 * batches.
 *
 * <p>A change covers the parameters and the running statistics of batch norms. The statistics take
 * the mean of the changes whatever the outer step. The moments of the optimiser stay with their
 * trainer.
 */
public final class TrainerRound implements AutoCloseable {
    private static final String FORMAT = "kiln-round";
    private static final String BEGIN = "begin.";
    private static final String MOMENTUM = "momentum.";
    private static final String LEFT_OUT = "left-out.";

    private final Trainer trainer;
    private final RoundSettings settings;
    private final NDManager manager;
    private final Map<String, NDArray> weights;
    private final Map<String, NDArray> begins = new LinkedHashMap<>();
    private final Map<String, NDArray> momenta = new LinkedHashMap<>();
    private final RoundChange change;
    private long number;

    /** The first round, which begins with the trainer's weights. */
    public TrainerRound(Trainer trainer, RoundSettings settings) {
        this.trainer = trainer;
        this.settings = settings;
        this.manager = Libtorch.load().newBaseManager(trainer.settings().engineDevice());
        this.weights = NetworkTensors.arrays(trainer.model().weights());
        Operators operators = new Operators(manager);
        weights.forEach((name, array) -> begins.put(name, operators.one("clone", array)));
        this.change = new RoundChange(manager, weights, begins, settings.bf16());
        if (settings.outer() == Outer.MOMENTUM) {
            for (Parameter parameter : trainer.model().weights().parameters()) {
                NDArray value = parameter.value();
                momenta.put(parameter.name(), manager.zeros(value.getShape(), value.getDataType()));
            }
        }
    }

    /** Number of the round, from 0; as many outer steps were taken. */
    public long number() {
        return number;
    }

    /** Local steps that the trainer takes until the round is over. */
    public long stepsLeft() {
        return (number + 1) * settings.steps() - trainer.step();
    }

    /**
     * Writes what the local steps have changed: a safetensors stream, one tensor at a time, a
     * function of the weights and the round alone.
     *
     * @throws IllegalStateException if the round is not over
     */
    public void writeChange(OutputStream out) throws IOException {
        if (stepsLeft() != 0) {
            throw new IllegalStateException(
                    stepsLeft() + " steps of round " + number + " are left");
        }
        change.write(out);
    }

    /**
     * Takes the outer step, with which the next round begins, for trainers that share a process.
     * Their rounds began with the same weights, so the step is computed once and given to each.
     *
     * @param together at the end of the same round, one at least
     * @param changes what {@link #writeChange} of each trainer of the run wrote, in their order
     * @throws WeightFileException if one is no change of this network; the trainers must not be
     *     used again then
     */
    public static void finish(List<TrainerRound> together, List<? extends InputStream> changes)
            throws IOException {
        TrainerRound first = together.get(0);
        if (changes.size() != first.settings.trainers()) {
            throw new IllegalArgumentException(
                    changes.size() + " changes; expected " + first.settings.trainers());
        }
        if (together.stream().anyMatch(round -> round.number != first.number)) {
            throw new IllegalArgumentException("the trainers are in different rounds");
        }
        List<SafeTensorsStream> streams = first.change.open(changes);
        for (String name : first.weights.keySet()) {
            Next next = first.next(name, first.change.mean(streams, first.begin(name)));
            together.forEach(round -> round.set(name, next));
        }
        together.forEach(round -> round.number++);
    }

    /** What a tensor is in the next round; the velocity is null without momentum. */
    @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
    private record Next(double[] weights, double @Nullable [] velocity) {}

    private Next next(String name, double[] mean) {
        double[] next = NetworkTensors.doubles(begin(name));
        NDArray momentum = momenta.get(name);
        if (momentum != null) {
            return accelerated(next, mean, momentum);
        }
        for (int i = 0; i < next.length; i++) {
            next[i] += mean[i];
        }
        return new Next(next, null);
    }

    private void set(String name, Next next) {
        change.keepLeftOut(name);
        NetworkTensors.set(begin(name), next.weights);
        NetworkTensors.set(Objects.requireNonNull(weights.get(name), name), next.weights);
        if (next.velocity != null) {
            NetworkTensors.set(Objects.requireNonNull(momenta.get(name), name), next.velocity);
        }
    }

    /** Nesterov momentum as torch.optim.SGD has it, with the mean change as minus the gradient. */
    private Next accelerated(double[] next, double[] mean, NDArray momentum) {
        double[] velocity = NetworkTensors.doubles(momentum);
        boolean single = momentum.getDataType() == DataType.FLOAT32;
        for (int i = 0; i < next.length; i++) {
            double exact = settings.momentum() * velocity[i] + mean[i];
            velocity[i] = single ? (float) exact : exact; // as a restored state has it
            next[i] += settings.rate() * (mean[i] + settings.momentum() * velocity[i]);
        }
        return new Next(next, velocity);
    }

    private NDArray begin(String name) {
        return Objects.requireNonNull(begins.get(name), name);
    }

    /** Copies the round's state, so that it can be written while training goes on. */
    public TrainerSnapshot snapshot() {
        NDManager owner = Libtorch.load().newBaseManager(Device.cpu());
        try {
            Operators operators = new Operators(owner);
            SafeTensorsWriter writer = new SafeTensorsWriter();
            arrays().forEach(
                            (name, array) ->
                                    NetworkTensors.add(
                                            writer, name, TrainerState.copy(operators, array)));
            return new TrainerSnapshot(writer, metadata(), owner);
        } catch (RuntimeException e) {
            owner.close();
            throw e;
        }
    }

    private Map<String, String> metadata() {
        Map<String, String> metadata =
                new LinkedHashMap<>(); // in this order, so that bytes are equal
        metadata.put("format", FORMAT);
        metadata.put("round", Long.toString(number));
        return metadata;
    }

    /**
     * Goes on from what {@link #snapshot} copied.
     *
     * @throws WeightFileException if it is the state of other rounds
     */
    public void load(InputStream in) throws IOException {
        SafeTensorsStream stream = SafeTensorsStream.open(in);
        Map<String, NDArray> arrays = arrays();
        List<String> found = stream.tensors().stream().map(TensorHeader::name).toList();
        if (!FORMAT.equals(stream.metadata().get("format"))
                || !found.equals(List.copyOf(arrays.keySet()))) {
            throw new WeightFileException(
                    "this state of a round cannot be loaded: it holds other tensors than this network's");
        }
        for (TensorHeader tensor : stream.tensors()) {
            NetworkTensors.set(
                    Objects.requireNonNull(arrays.get(tensor.name())),
                    stream.next(),
                    tensor.type());
        }
        number = Long.parseLong(stream.metadata().getOrDefault("round", "0"));
    }

    private Map<String, NDArray> arrays() {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        begins.forEach((name, array) -> arrays.put(BEGIN + name, array));
        momenta.forEach((name, array) -> arrays.put(MOMENTUM + name, array));
        change.leftOut().forEach((name, array) -> arrays.put(LEFT_OUT + name, array));
        return arrays;
    }

    @Override
    public void close() {
        manager.close();
    }
}
