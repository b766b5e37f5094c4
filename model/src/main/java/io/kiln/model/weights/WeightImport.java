package io.kiln.model.weights;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import io.kiln.model.network.Family;
import io.kiln.model.network.SparkModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Sets a network's weights from a file, strictly: every weight must be there, with its shape, and
 * nothing else. Nothing is changed before all of that, and every value, has been checked.
 */
public final class WeightImport {
    /** How much of the network a file is to hold. */
    public enum Scope {
        /** The encoder alone. */
        ENCODER,
        /** Everything, under the SparK code's names. */
        ALL
    }

    private static final String PREFIX = Encoder.PREFIX + ".";
    private static final int NAMES_SHOWN = 8;

    /** Buffers of the SparK code that hold nothing. */
    private static final Set<String> DEAD = Set.of("imn_m", "imn_s", "norm_black");

    private final SafeTensorsFile file;
    private final Family family;
    private final boolean mayBeWidened;
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private final Map<String, List<Long>> shapes = new LinkedHashMap<>();
    private final Map<String, RunningStatistics> counters = new LinkedHashMap<>();

    private WeightImport(
            SafeTensorsFile file,
            Architecture architecture,
            Weights weights,
            Scope scope,
            WeightNames names) {
        this.file = file;
        this.family = architecture.family();
        this.mayBeWidened = !TimmStem.widened(architecture).equals(architecture);
        UnaryOperator<String> name =
                full ->
                        full.startsWith(PREFIX)
                                ? names.of(full.substring(PREFIX.length()), family)
                                : full;
        NetworkTensors.arrays(weights)
                .forEach(
                        (full, array) -> {
                            boolean ofEncoder = full.startsWith(PREFIX);
                            if (scope == Scope.ALL || ofEncoder) {
                                arrays.put(name.apply(full), array);
                                List<Long> shape = NetworkTensors.shape(array);
                                shapes.put(
                                        name.apply(full),
                                        ofEncoder
                                                ? names.shape(
                                                        full.substring(PREFIX.length()),
                                                        architecture,
                                                        shape)
                                                : shape);
                            }
                        });
        NetworkTensors.counters(weights)
                .forEach(
                        (full, statistics) -> {
                            if (scope == Scope.ALL || full.startsWith(PREFIX)) {
                                counters.put(name.apply(full), statistics);
                            }
                        });
    }

    /**
     * Sets the weights of a network, or of its encoder, from a file.
     *
     * @param names of the encoder's weights in the file; {@link WeightNames#SPARK} for {@link
     *     Scope#ALL}
     * @throws WeightFileException if the file does not fit; the network is then as it was
     * @throws IOException if the file cannot be read
     */
    public static void load(Path file, SparkModel model, Scope scope, WeightNames names)
            throws IOException {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            load(tensors, model.architecture(), model.weights(), scope, names);
        }
    }

    /**
     * Sets weights from an open file.
     *
     * @param names what the encoder's weights are called in the file; {@link WeightNames#SPARK} for
     *     {@link Scope#ALL}
     * @throws WeightFileException naming what is missing, unexpected, of another shape or type, or
     *     not finite
     * @throws IOException if the file cannot be read
     */
    public static void load(
            SafeTensorsFile file,
            Architecture architecture,
            Weights weights,
            Scope scope,
            WeightNames names)
            throws IOException {
        WeightImport load = new WeightImport(file, architecture, weights, scope, names);
        load.requireNames(names);
        load.requireShapes();
        load.requireFinite();
        load.set();
    }

    private void requireNames(WeightNames names) {
        List<String> missing =
                arrays.keySet().stream().filter(n -> file.tensor(n).isEmpty()).toList();
        List<String> unexpected =
                file.tensors().stream().map(TensorHeader::name).filter(n -> !known(n)).toList();
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            throw new WeightFileException(
                    file.path()
                            + " does not fit the network: missing "
                            + shown(missing)
                            + "; unexpected "
                            + shown(unexpected)
                            + suggestion(names));
        }
    }

    private boolean known(String name) {
        return arrays.containsKey(name)
                || counters.containsKey(name)
                || DEAD.contains(name)
                || (family.isConvNext() && name.startsWith(WeightNames.HEAD_NORM));
    }

    private static String shown(List<String> names) {
        if (names.isEmpty()) {
            return "nothing";
        }
        String first = names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
        return names.size() > NAMES_SHOWN
                ? first + " and " + (names.size() - NAMES_SHOWN) + " more"
                : first;
    }

    /** Another style under which the file's names would fit better, if there is one. */
    private String suggestion(WeightNames tried) {
        return WeightNames.detect(family, file)
                .filter(style -> style != tried)
                .map(
                        style ->
                                ". Its names look like style "
                                        + style.name().toLowerCase(java.util.Locale.ROOT))
                .orElse("");
    }

    private void requireShapes() {
        List<String> problems = new ArrayList<>();
        shapes.forEach(
                (name, expected) -> {
                    TensorHeader found = file.tensor(name).orElseThrow();
                    if (!found.shape().equals(expected) && !isWidened(found.shape(), expected)) {
                        problems.add(
                                name
                                        + " is "
                                        + found.shape()
                                        + ", expected "
                                        + expected
                                        + advice(name, found.shape(), expected));
                    }
                    if (found.type() == TensorType.I64
                            || found.type() == TensorType.I32
                            || found.type() == TensorType.U8) {
                        problems.add(
                                name
                                        + " is of type "
                                        + found.type()
                                        + ", expected a floating-point type");
                    }
                });
        if (!problems.isEmpty()) {
            throw new WeightFileException(
                    file.path() + " does not fit the network: " + String.join("; ", problems));
        }
    }

    private static String advice(String name, List<Long> found, List<Long> expected) {
        boolean stem =
                name.endsWith("conv1.weight")
                        || name.endsWith("stem.0.weight")
                        || name.endsWith("downsample_layers.0.0.weight");
        boolean otherChannels =
                found.size() == 4 && expected.size() == 4 && !found.get(1).equals(expected.get(1));
        return stem && otherChannels
                ? " (it was trained on "
                        + found.get(1)
                        + " channels: set input.channels to that, or adapt this tensor before)"
                : "";
    }

    /** Whether a tensor may be one of a published encoder, see {@link TimmStem}. */
    private boolean isWidened(List<Long> found, List<Long> expected) {
        boolean holds = mayBeWidened && found.size() == expected.size();
        for (int d = 0; holds && d < found.size(); d++) {
            holds = found.get(d) >= expected.get(d);
        }
        return holds;
    }

    /** A tensor's values in the network's shape. */
    private double[] values(String name) throws IOException {
        double[] values = file.doubles(name);
        List<Long> found = file.tensor(name).orElseThrow().shape();
        List<Long> expected = shapes.get(name);
        if (expected == null || found.equals(expected)) {
            return values;
        }
        return TimmStem.narrowed(name, values, found, expected)
                .orElseThrow(
                        () ->
                                new WeightFileException(
                                        file.path()
                                                + " does not fit the network: "
                                                + name
                                                + " is "
                                                + found
                                                + ", expected "
                                                + expected
                                                + ", or channels of 0 behind these"));
    }

    private void requireFinite() throws IOException {
        for (String name : arrays.keySet()) {
            double[] values = values(name);
            for (int i = 0; i < values.length; i++) {
                if (!Double.isFinite(values[i])) {
                    throw new WeightFileException(
                            file.path()
                                    + ": value "
                                    + i
                                    + " of "
                                    + name
                                    + " is "
                                    + values[i]
                                    + ", expected a finite number");
                }
            }
        }
    }

    private void set() throws IOException {
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            NetworkTensors.set(entry.getValue(), values(entry.getKey()));
        }
        for (Map.Entry<String, RunningStatistics> entry : counters.entrySet()) {
            Optional<TensorHeader> counter = file.tensor(entry.getKey());
            entry.getValue()
                    .batches(counter.isPresent() ? (long) file.doubles(entry.getKey())[0] : 0);
        }
    }
}
