package io.kiln.model.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A ResNet with a narrower stem as one with timm's 64 channels. The channels that are added have
 * weights of 0: they are 0 after the stem's norm, nothing reads them, and no gradient reaches them.
 * So features are the same, and stay so in fine-tuning. Where the first stage has no projection,
 * because it is as wide as the stem, it is widened too; its maps then end in channels of 0.
 */
public final class TimmStem {
    private TimmStem() {}

    /** The architecture after widening; the same where timm needs none, or none helps. */
    public static Architecture widened(Architecture architecture) {
        int stem = architecture.stem();
        int first = architecture.widths().get(0);
        boolean projected = stem != first;
        boolean wouldLoseProjection = projected && first == TimmModel.RESNET_STEM;
        if (architecture.family().isConvNext()
                || stem >= TimmModel.RESNET_STEM
                || wouldLoseProjection) {
            return architecture;
        }
        List<Integer> widths = new ArrayList<>(architecture.widths());
        if (!projected) {
            widths.set(0, TimmModel.RESNET_STEM);
        }
        return new Architecture(
                architecture.family(),
                architecture.depths(),
                widths,
                TimmModel.RESNET_STEM,
                architecture.layerScale(),
                architecture.dropPath(),
                architecture.decoderWidth(),
                architecture.channels(),
                architecture.decoder());
    }

    /**
     * Widens an encoder.
     *
     * @param manager owner of the arrays that are made
     */
    public static EncoderTensors widen(EncoderTensors encoder, NDManager manager) {
        Architecture wide = widened(encoder.architecture());
        if (wide.equals(encoder.architecture())) {
            return encoder;
        }
        DataType type = encoder.arrays().values().iterator().next().getDataType();
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        try (NDManager scratch = manager.newSubManager()) {
            Weights shapes = Weights.toBeLoaded(scratch, type);
            Encoder.of(wide, shapes);
            EncoderTensors.of(wide, shapes)
                    .arrays()
                    .forEach(
                            (name, array) -> {
                                NDArray narrow = encoder.array(name);
                                Shape shape = array.getShape();
                                arrays.put(
                                        name,
                                        narrow.getShape().equals(shape)
                                                ? narrow
                                                : widen(name, narrow, shape, manager));
                            });
        }
        return new EncoderTensors(wide, arrays, encoder.counters());
    }

    private static NDArray widen(String name, NDArray narrow, Shape shape, NDManager manager) {
        double[] values = new double[Math.toIntExact(shape.size())];
        Arrays.fill(values, added(name));
        double[] source = NetworkTensors.doubles(narrow);
        long[] from = narrow.getShape().getShape();
        long[] to = shape.getShape();
        for (int i = 0; i < source.length; i++) {
            values[target(i, from, to)] = source[i];
        }
        return NetworkTensors.create(manager, values, shape, narrow.getDataType());
    }

    private static double added(String name) {
        return name.endsWith(RunningStatistics.VARIANCE) ? 1 : 0;
    }

    /**
     * Undoes the widening of one array.
     *
     * @param name of the array
     * @param values of the wider array
     * @param wide its shape
     * @param shape of the result
     * @return empty if what would be left out is not what widening adds; running statistics of
     *     channels of 0 may be any
     */
    static Optional<double[]> narrowed(
            String name, double[] values, List<Long> wide, List<Long> shape) {
        long[] from = shape.stream().mapToLong(Long::longValue).toArray();
        long[] to = wide.stream().mapToLong(Long::longValue).toArray();
        double[] narrow =
                new double[Math.toIntExact(Arrays.stream(from).reduce(1, (a, b) -> a * b))];
        double[] rest = values.clone();
        for (int i = 0; i < narrow.length; i++) {
            int at = target(i, from, to);
            narrow[i] = values[at];
            rest[at] = 0;
        }
        boolean isStatistic = name.contains(".running_");
        return isStatistic || Arrays.stream(rest).allMatch(v -> v == 0)
                ? Optional.of(narrow)
                : Optional.empty();
    }

    /** Where the value at an index of an array is in a larger one, row-major both. */
    private static int target(int index, long[] from, long[] to) {
        long rest = index;
        long target = 0;
        long step = 1;
        for (int d = from.length - 1; d >= 0; d--) {
            target += rest % from[d] * step;
            rest /= from[d];
            step *= to[d];
        }
        return Math.toIntExact(target);
    }
}
