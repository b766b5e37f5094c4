package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.SeededRandom;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** All weights of a network by their official names, in the order of its layers. */
public final class Weights {
    private final Operators operators;
    private final DataType type;
    private final OptionalLong seed;
    private final ConvFactory convolutions;
    private final Winograd winograd;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, RunningStatistics> statistics = new LinkedHashMap<>();

    /**
     * @param manager owner of the weights
     * @param type number format
     * @param seed of the first values; a weight's depend on the seed and its name alone
     */
    public Weights(NDManager manager, DataType type, long seed) {
        this(manager, type, seed, ConvFactory.SPARSE);
    }

    /**
     * Weights of a network whose convolutions on rows are computed in a chosen way.
     *
     * @param convolutions makes them
     */
    public Weights(NDManager manager, DataType type, long seed, ConvFactory convolutions) {
        this(manager, type, OptionalLong.of(seed), convolutions);
    }

    private Weights(NDManager manager, DataType type, OptionalLong seed, ConvFactory convolutions) {
        this.operators = new Operators(manager);
        this.type = type;
        this.seed = seed;
        this.convolutions = convolutions;
        this.winograd = new Winograd(manager, type);
    }

    /** Weights that will be loaded: zero until then, which is quicker than values of their own. */
    public static Weights toBeLoaded(NDManager manager, DataType type) {
        return new Weights(manager, type, OptionalLong.empty(), ConvFactory.SPARSE);
    }

    /** Number format of the weights. */
    public DataType type() {
        return type;
    }

    /** What is learnt. */
    public Collection<Parameter> parameters() {
        return Collections.unmodifiableCollection(parameters.values());
    }

    /** Running statistics of the batch norms. */
    public Collection<RunningStatistics> statistics() {
        return Collections.unmodifiableCollection(statistics.values());
    }

    /** The names below a prefix. */
    public Scope scope(String prefix) {
        return new Scope(prefix);
    }

    /** Adds weights whose names begin with a prefix. */
    public final class Scope {
        private final String prefix;

        private Scope(String prefix) {
            this.prefix = prefix;
        }

        /** The names below this scope's name, a dot and another. */
        public Scope at(String name) {
            return new Scope(prefix + "." + name);
        }

        /** Name of this scope. */
        public String name() {
            return prefix;
        }

        RowConv conv(ConvSpec spec) {
            return convolutions.conv(this, spec);
        }

        RowConv densify(ConvSpec spec, Parameter token) {
            return convolutions.densify(this, spec, token);
        }

        /** Winograd's transforms in the weights' number format. */
        Winograd winograd() {
            return winograd;
        }

        /** Adds the parameter that is called as this scope is. */
        public Parameter parameter(Initialiser initialiser, long... shape) {
            Parameter parameter =
                    new Parameter(prefix, create(prefix, initialiser, new Shape(shape)));
            if (parameters.putIfAbsent(prefix, parameter) != null) {
                throw new IllegalStateException("two weights are called " + prefix);
            }
            return parameter;
        }

        /** Adds running statistics, mean 0 and variance 1. */
        public RunningStatistics statistics(int channels) {
            Shape shape = new Shape(channels);
            RunningStatistics added =
                    new RunningStatistics(
                            prefix,
                            create(prefix + ".running_mean", Initialiser.constant(0), shape),
                            create(prefix + ".running_var", Initialiser.constant(1), shape));
            statistics.put(prefix, added);
            return added;
        }
    }

    private NDArray create(String name, Initialiser initialiser, Shape shape) {
        if (seed.isEmpty()) {
            return operators.manager().zeros(shape, type);
        }
        SeededRandom random = SeededRandom.of(seed.getAsLong(), name);
        int size = Math.toIntExact(shape.size());
        NDManager manager = operators.manager();
        NDArray shared;
        if (type == DataType.FLOAT64) {
            double[] values = new double[size];
            for (int i = 0; i < size; i++) {
                values[i] = initialiser.next(random);
            }
            shared = manager.create(values, shape);
        } else {
            float[] values = new float[size];
            for (int i = 0; i < size; i++) {
                values[i] = (float) initialiser.next(random);
            }
            shared = manager.create(values, shape);
        }
        try (shared) {
            return operators.one(
                    "clone",
                    shared); // into the engine's own memory: DJL's arrays lean on a Java buffer
        }
    }
}
