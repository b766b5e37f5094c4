package io.kiln.model;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Encoder;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;

/** Writes the encoder alone, as what a downstream network loads. */
final class EncoderExport {
    private static final String PREFIX = Encoder.PREFIX + ".";

    private EncoderExport() {}

    static void write(
            OutputStream out,
            Architecture architecture,
            Weights weights,
            WeightNames names,
            Map<String, String> metadata)
            throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        for (Map.Entry<String, NDArray> entry : NetworkTensors.arrays(weights).entrySet()) {
            if (entry.getKey().startsWith(PREFIX)) {
                NetworkTensors.add(
                        writer, name(entry.getKey(), architecture, names), entry.getValue());
            }
        }
        for (Map.Entry<String, RunningStatistics> entry :
                NetworkTensors.counters(weights).entrySet()) {
            if (entry.getKey().startsWith(PREFIX)) {
                writer.add(name(entry.getKey(), architecture, names), entry.getValue().batches());
            }
        }
        writer.write(out, metadata);
    }

    private static String name(String full, Architecture architecture, WeightNames names) {
        return names.of(full.substring(PREFIX.length()), architecture.family());
    }
}
