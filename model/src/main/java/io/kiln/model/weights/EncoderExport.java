package io.kiln.model.weights;

import ai.djl.ndarray.NDArray;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.SparkModel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/** Writes the encoder alone, as what a downstream network loads. */
public final class EncoderExport {
    private EncoderExport() {}

    /**
     * Writes the encoder of a network.
     *
     * @param metadata written in its iteration order; must not differ between equal runs
     */
    public static void write(
            OutputStream out, SparkModel model, WeightNames names, Map<String, String> metadata)
            throws IOException {
        write(out, EncoderTensors.of(model.architecture(), model.weights()), names, metadata);
    }

    /**
     * Writes an encoder.
     *
     * @param metadata written in its iteration order; must not differ between equal runs
     */
    public static void write(
            OutputStream out,
            EncoderTensors encoder,
            WeightNames names,
            Map<String, String> metadata)
            throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        Architecture architecture = encoder.architecture();
        addAll(writer, encoder.arrays(), architecture, names);
        encoder.counters()
                .forEach(
                        (official, batches) ->
                                writer.add(names.of(official, architecture.family()), batches));
        if (names == WeightNames.TIMM && architecture.family().isConvNext()) {
            addFreshHeadNorm(writer, architecture);
        }
        writer.write(out, metadata);
    }

    /** Writes some of an encoder's tensors under timm's names, and no counters. */
    public static void writeSome(
            OutputStream out,
            Map<String, NDArray> arrays,
            Architecture architecture,
            Map<String, String> metadata)
            throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        addAll(writer, arrays, architecture, WeightNames.TIMM);
        writer.write(out, metadata);
    }

    private static void addAll(
            SafeTensorsWriter writer,
            Map<String, NDArray> arrays,
            Architecture architecture,
            WeightNames names) {
        arrays.forEach(
                (official, array) ->
                        NetworkTensors.add(
                                writer,
                                names.of(official, architecture.family()),
                                array,
                                names.shape(official, architecture, NetworkTensors.shape(array))));
    }

    /**
     * timm's ConvNeXt has a norm in its head that pretraining does not know: without it, a strict
     * load fails. It is written as timm would initialise it, weight 1 and bias 0.
     */
    private static void addFreshHeadNorm(SafeTensorsWriter writer, Architecture architecture) {
        int width = architecture.widths().get(Architecture.STAGES - 1);
        add(writer, WeightNames.HEAD_NORM + "weight", width, 1f);
        add(writer, WeightNames.HEAD_NORM + "bias", width, 0f);
    }

    private static void add(SafeTensorsWriter writer, String name, int width, float value) {
        writer.add(
                name,
                TensorType.F32,
                List.of((long) width),
                () -> {
                    ByteBuffer values =
                            ByteBuffer.allocate(Float.BYTES * width).order(ByteOrder.LITTLE_ENDIAN);
                    for (int i = 0; i < width; i++) {
                        values.putFloat(Float.BYTES * i, value);
                    }
                    return values;
                });
    }
}
