package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Operators;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An average of a network's parameters, as a network of its own: exponential and moving, or the
 * mean of the parameters at several steps. It begins as the trained network after its first step,
 * and follows it. Running statistics of batch norms are not averaged: what the averaged weights
 * show of a batch is computed when it is asked for.
 */
final class WeightAverage {
    private static final Logger LOG = LoggerFactory.getLogger(WeightAverage.class);
    private static final String PREFIX = "average.";
    private static final String MERGED = "merged.";

    private final AverageSettings settings;
    private final Weights trained;
    private final SparkModel network;
    private final List<NDArray> from;
    private final List<NDArray> averages;
    private final List<Map<String, NDArray>> merged;
    private long updates;

    WeightAverage(NDManager manager, AverageSettings settings, SparkModel model) {
        this.settings = settings;
        this.trained = model.weights();
        this.network =
                new SparkModel(model.architecture(), Weights.toBeLoaded(manager, trained.type()));
        this.from = values(trained);
        this.averages = values(network.weights());
        this.merged =
                IntStream.range(0, mergedOf(settings))
                        .mapToObj(place -> zeros(manager, place))
                        .toList();
    }

    private static int mergedOf(AverageSettings settings) {
        return settings instanceof MergedWeights merging ? merging.count() : 0;
    }

    private Map<String, NDArray> zeros(NDManager manager, int place) {
        Map<String, NDArray> zeros = new LinkedHashMap<>();
        for (Parameter parameter : trained.parameters()) {
            NDArray value = parameter.value();
            zeros.put(
                    MERGED + place + "." + parameter.name(),
                    manager.zeros(value.getShape(), value.getDataType()));
        }
        return zeros;
    }

    private static List<NDArray> values(Weights weights) {
        return weights.parameters().stream().map(Parameter::value).toList();
    }

    /** Name of the average of a parameter in a training state. */
    static String name(String parameter) {
        return PREFIX + parameter;
    }

    /** Whether a tensor of a training state is an average, or what one is made of. */
    static boolean isName(String tensor) {
        return tensor.startsWith(PREFIX) || tensor.startsWith(MERGED);
    }

    /** The averages, and what they are made of, by their names in a training state. */
    Map<String, NDArray> arrays() {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        network.weights().parameters().forEach(p -> arrays.put(name(p.name()), p.value()));
        merged.forEach(arrays::putAll);
        return arrays;
    }

    /** How many weights are merged; 0 for a moving average. */
    int merged() {
        return merged.size();
    }

    /** Updates since the average began. */
    long updates() {
        return updates;
    }

    /**
     * Goes on with what was loaded.
     *
     * @param made updates; -1 if the state holds no average of this kind, which then begins with
     *     the weights that it does hold
     */
    void goOn(long made, NDManager manager) {
        if (made >= 0) {
            updates = made;
            return;
        }
        LOG.info(
                "the training state holds no average as configured ({}); it begins with the"
                        + " trained weights",
                settings);
        try (NDManager scratch = manager.newSubManager()) {
            begin(new Operators(scratch));
        }
    }

    private void begin(Operators operators) {
        operators.apply("copy_all", averages, from);
        updates = 0;
    }

    /**
     * Follows the trained weights.
     *
     * @param step that they have taken, counted from 1
     */
    void follow(Operators operators, long step) {
        if (settings instanceof MovingAverage moving) {
            move(moving, operators, step);
        } else if (settings instanceof MergedWeights merging) {
            merge(merging, operators, step);
        }
    }

    private void move(MovingAverage moving, Operators operators, long step) {
        if (step == 1) {
            begin(operators);
        } else if (moving.isDue(step)) {
            updates++;
            operators.apply("follow", averages, from, 1 - moving.stays(updates));
        }
    }

    /** Takes the place of the oldest. Until there is one, the average is the trained weights. */
    private void merge(MergedWeights merging, Operators operators, long step) {
        if (merging.isDue(step)) {
            operators.apply("copy_all", place((int) (updates % merging.count())), from);
            updates++;
            operators.apply("copy_all", averages, place(0));
            for (int i = 1; i < Math.min(updates, merging.count()); i++) {
                operators.apply("follow", averages, place(i), 1.0 / (i + 1));
            }
        } else if (updates == 0) {
            begin(operators);
        }
    }

    private List<NDArray> place(int place) {
        return List.copyOf(merged.get(place).values());
    }

    /** The averaged network. */
    SparkModel network() {
        return network;
    }
}
