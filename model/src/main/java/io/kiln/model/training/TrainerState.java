package io.kiln.model.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.torch.HostMemory;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsStream;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A trainer's state as a safetensors stream: the whole network under its official names, LAMB's
 * moments under "optimiser.mean." and "optimiser.square.", the average of the weights, if there is
 * one, under "average." and the weights that it merges under "merged.", an annealing branch under
 * "branch." and a finished one under "annealed.", counters and what they belong to in the metadata.
 */
final class TrainerState {
    private static final String FORMAT = "kiln-trainer";
    private static final String VERSION = "1";
    private static final String AVERAGED = "averaged";
    private static final String MERGED = "merged";
    private static final int NO_AVERAGE = -1;

    private final Map<String, String> identity;
    private final Map<String, NDArray> arrays;
    private final Map<String, RunningStatistics> counters;
    private final int merged;
    private final Map<String, String> branches;

    /**
     * What is counted over a run.
     *
     * @param averaged updates of the average; -1 if a loaded state holds no average of this kind
     */
    record Counters(long step, long samplesSeen, long averaged) {}

    private TrainerState(
            Map<String, String> identity,
            Map<String, NDArray> arrays,
            Map<String, RunningStatistics> counters,
            int merged,
            Map<String, String> branches) {
        this.identity = identity;
        this.arrays = arrays;
        this.counters = counters;
        this.merged = merged;
        this.branches = branches;
    }

    static TrainerState of(
            TrainerSettings settings,
            Learner learner,
            @Nullable WeightAverage average,
            @Nullable Annealing annealing) {
        Map<String, String> identity = new LinkedHashMap<>();
        identity.put("format", FORMAT);
        identity.put("version", VERSION);
        identity.put("architecture", settings.architecture().toJson());
        identity.put("precision", settings.precision().name());
        identity.put("seed", Long.toString(settings.seed()));
        Map<String, NDArray> arrays = learner.arrays();
        if (average != null) {
            arrays.putAll(average.arrays());
        }
        if (annealing != null) {
            arrays.putAll(annealing.arrays());
        }
        return new TrainerState(
                identity,
                arrays,
                NetworkTensors.counters(learner.model().weights()),
                average == null ? NO_AVERAGE : average.merged(),
                annealing == null ? Map.of() : annealing.metadata());
    }

    void save(OutputStream out, Counters at) throws IOException {
        writer().write(out, metadata(at));
    }

    /**
     * Copies everything, so that it can be written while training goes on.
     *
     * @param at counters of now
     */
    TrainerSnapshot copy(Counters at) {
        NDManager manager = Libtorch.load().newBaseManager(Device.cpu());
        try {
            Operators operators = new Operators(manager);
            SafeTensorsWriter writer = new SafeTensorsWriter();
            arrays.forEach(
                    (name, array) -> NetworkTensors.add(writer, name, copy(operators, array)));
            counters.forEach((name, statistics) -> writer.add(name, statistics.batches()));
            return new TrainerSnapshot(writer, metadata(at), manager);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Into this machine's memory, wherever the network computes. */
    static NDArray copy(Operators operators, NDArray array) {
        if (!array.getDevice().isGpu()) {
            return operators.one("clone", array);
        }
        return HostMemory.copy(array, operators.manager());
    }

    /** Names of the arrays that hold a number that is not finite. */
    List<String> notFinite(Operators operators) {
        List<String> names = List.copyOf(arrays.keySet());
        double[] norms =
                NetworkTensors.doubles(operators.one("norms", List.copyOf(arrays.values())));
        return IntStream.range(0, norms.length)
                .filter(i -> !Double.isFinite(norms[i]))
                .mapToObj(names::get)
                .toList();
    }

    private Map<String, String> metadata(Counters at) {
        Map<String, String> metadata = new LinkedHashMap<>(identity);
        metadata.put("step", Long.toString(at.step()));
        metadata.put("samplesSeen", Long.toString(at.samplesSeen()));
        if (merged != NO_AVERAGE) {
            metadata.put(AVERAGED, Long.toString(at.averaged()));
        }
        if (merged > 0) {
            metadata.put(MERGED, Integer.toString(merged));
        }
        metadata.putAll(branches);
        return metadata;
    }

    private SafeTensorsWriter writer() {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        arrays.forEach((name, array) -> NetworkTensors.add(writer, name, array));
        counters.forEach((name, statistics) -> writer.add(name, statistics.batches()));
        return writer;
    }

    Counters load(SafeTensorsStream stream) throws IOException {
        requireIdentity(stream.metadata());
        boolean averaged = merged != NO_AVERAGE && merged == mergedOf(stream.metadata());
        requireTensors(stream.tensors(), averaged);
        Counters loaded =
                new Counters(
                        number(stream.metadata(), "step"),
                        number(stream.metadata(), "samplesSeen"),
                        averaged ? number(stream.metadata(), AVERAGED) : NO_AVERAGE);
        for (TensorHeader tensor : stream.tensors()) {
            ByteBuffer values = stream.next();
            if (isPassedOver(tensor.name(), averaged)) {
                continue;
            }
            NDArray array = arrays.get(tensor.name());
            RunningStatistics statistics = counters.get(tensor.name());
            if (array != null) {
                NetworkTensors.set(array, values, tensor.type());
            } else if (statistics != null) {
                statistics.batches(values.order(ByteOrder.LITTLE_ENDIAN).getLong(0));
            }
        }
        return loaded;
    }

    private void requireIdentity(Map<String, String> found) {
        identity.forEach(
                (key, expected) -> {
                    String value = found.getOrDefault(key, "nothing");
                    if (!expected.equals(value)) {
                        throw new WeightFileException(
                                "this training state cannot be loaded: its "
                                        + key
                                        + " is "
                                        + value
                                        + ", expected "
                                        + expected);
                    }
                });
    }

    /** Whether a state may hold a tensor that this trainer has no use for, or lack it. */
    private boolean isPassedOver(String tensor, boolean averaged) {
        return WeightAverage.isName(tensor)
                ? !averaged
                : Annealing.isName(tensor) && !arrays.containsKey(tensor);
    }

    /** How many weights the average of a state merges, 0 for a moving one, or NO_AVERAGE. */
    private static long mergedOf(Map<String, String> metadata) {
        if (!metadata.containsKey(AVERAGED)) {
            return NO_AVERAGE;
        }
        return metadata.containsKey(MERGED) ? number(metadata, MERGED) : 0;
    }

    /**
     * Tensors are found by name, so their order does not matter.
     *
     * @param averaged whether the state holds an average of the kind that is asked for; if not, it
     *     may hold another one or none
     */
    private void requireTensors(List<TensorHeader> found, boolean averaged) {
        Map<String, TensorHeader> missing = new LinkedHashMap<>();
        writer().headers().stream()
                .filter(tensor -> !isPassedOver(tensor.name(), averaged))
                .forEach(tensor -> missing.put(tensor.name(), tensor));
        for (TensorHeader is : found) {
            if (isPassedOver(is.name(), averaged)) {
                continue;
            }
            TensorHeader should = missing.remove(is.name());
            if (should == null) {
                throw new WeightFileException(
                        "this training state cannot be loaded: the network has no tensor "
                                + is.name());
            }
            if (!is.type().equals(should.type()) || !is.shape().equals(should.shape())) {
                throw new WeightFileException(
                        "this training state cannot be loaded: tensor %s is %s %s, expected %s %s"
                                .formatted(
                                        is.name(),
                                        is.type(),
                                        is.shape(),
                                        should.type(),
                                        should.shape()));
            }
        }
        if (!missing.isEmpty()) {
            throw new WeightFileException(
                    "this training state cannot be loaded: it lacks tensor "
                            + missing.keySet().iterator().next());
        }
    }

    /** A number of a state's metadata. */
    static long number(Map<String, String> metadata, String key) {
        try {
            return Long.parseLong(metadata.getOrDefault(key, "nothing"));
        } catch (NumberFormatException e) {
            throw new WeightFileException(
                    "this training state cannot be loaded: its "
                            + key
                            + " is "
                            + metadata.get(key)
                            + ", expected a number",
                    e);
        }
    }
}
