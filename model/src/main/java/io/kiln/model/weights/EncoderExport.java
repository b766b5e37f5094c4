package io.kiln.model.weights;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import io.kiln.model.network.SparkModel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/** Writes the encoder alone, as what a downstream network loads. */
public final class EncoderExport {
    private static final String PREFIX = Encoder.PREFIX + ".";

    private EncoderExport() {}

    /**
     * Writes the encoder of a network.
     *
     * @param metadata written in its iteration order; must not differ between equal runs
     */
    public static void write(
            OutputStream out, SparkModel model, WeightNames names, Map<String, String> metadata)
            throws IOException {
        write(out, model.architecture(), model.weights(), names, metadata);
    }

    /** Writes the encoder whose weights these are, or are among. */
    public static void write(
            OutputStream out,
            Architecture architecture,
            Weights weights,
            WeightNames names,
            Map<String, String> metadata)
            throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        for (Map.Entry<String, NDArray> entry : NetworkTensors.arrays(weights).entrySet()) {
            if (entry.getKey().startsWith(PREFIX)) {
                String official = entry.getKey().substring(PREFIX.length());
                NDArray array = entry.getValue();
                NetworkTensors.add(
                        writer,
                        names.of(official, architecture.family()),
                        array,
                        names.shape(official, architecture, NetworkTensors.shape(array)));
            }
        }
        for (Map.Entry<String, RunningStatistics> entry :
                NetworkTensors.counters(weights).entrySet()) {
            if (entry.getKey().startsWith(PREFIX)) {
                String official = entry.getKey().substring(PREFIX.length());
                writer.add(names.of(official, architecture.family()), entry.getValue().batches());
            }
        }
        if (names == WeightNames.TIMM && architecture.family().isConvNext()) {
            addFreshHeadNorm(writer, architecture);
        }
        writer.write(out, metadata);
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
