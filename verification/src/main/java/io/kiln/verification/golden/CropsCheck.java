package io.kiln.verification.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.images.Bitmap;
import io.kiln.images.Crop;
import io.kiln.images.Resampler;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Resize-and-crop against what Pillow made of the same images. */
public final class CropsCheck {
    /** Kind of these cases in their case.json. */
    public static final String KIND = "crops";

    private CropsCheck() {}

    /**
     * Cuts, resizes, flips and normalises each image of a case and compares.
     *
     * @throws IOException if a file cannot be read
     * @throws WeightFileException if case.safetensors is damaged or lacks an image
     * @throws IllegalArgumentException if a crop does not lie inside its image
     */
    public static GoldenReport run(Path directory) throws IOException {
        JsonNode description = new ObjectMapper().readTree(directory.resolve("case.json").toFile());
        JsonNode tolerance = description.path("tolerance");
        List<Comparison> comparisons = new ArrayList<>();
        try (SafeTensorsFile tensors =
                SafeTensorsFile.open(directory.resolve("case.safetensors"))) {
            JsonNode crops = description.path("crops");
            for (int k = 0; k < crops.size(); k++) {
                Bitmap result = result(image(tensors, "image." + k), crops.get(k));
                comparisons.add(compare(tensors, "result", k, bytes(result), tolerance));
                comparisons.add(compare(tensors, "normalised", k, normalised(result), tolerance));
            }
        }
        String name = String.valueOf(directory.toAbsolutePath().normalize().getFileName());
        return new GoldenReport(name, Precision.FP32, comparisons);
    }

    private static Bitmap image(SafeTensorsFile tensors, String name) throws IOException {
        TensorHeader header =
                tensors.tensor(name)
                        .orElseThrow(
                                () ->
                                        new WeightFileException(
                                                tensors.path() + ": there is no tensor " + name));
        List<Long> shape = header.shape();
        if (shape.size() != 3) {
            throw new WeightFileException(
                    tensors.path()
                            + ": "
                            + name
                            + " is "
                            + shape
                            + ", expected [height, width, 3]");
        }
        double[] values = tensors.doubles(name);
        byte[] rgb = new byte[values.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) values[i];
        }
        return Bitmap.rgb(shape.get(0).intValue(), shape.get(1).intValue(), rgb);
    }

    private static Bitmap result(Bitmap image, JsonNode crop) {
        int size = crop.path("size").asInt();
        Bitmap result =
                Resampler.cropAndResize(
                        image,
                        new Crop(
                                crop.path("top").asInt(),
                                crop.path("left").asInt(),
                                crop.path("height").asInt(),
                                crop.path("width").asInt()),
                        size,
                        size);
        if (crop.path("flip").asBoolean()) {
            Resampler.flip(result);
        }
        return result;
    }

    private static double[] bytes(Bitmap image) {
        byte[] rgb = image.samples();
        double[] values = new double[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            values[i] = rgb[i] & 0xff;
        }
        return values;
    }

    private static double[] normalised(Bitmap image) {
        float[] pixels = new float[image.samples().length];
        Normalisation.IMAGENET.apply(image.samples(), 1, pixels, 0);
        double[] values = new double[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            values[i] = pixels[i];
        }
        return values;
    }

    private static Comparison compare(
            SafeTensorsFile tensors, String group, int k, double[] values, JsonNode tolerance)
            throws IOException {
        String tensor = group + "." + k;
        return Comparison.of(
                group,
                tensor,
                values,
                tensors.doubles(tensor),
                tolerance.path(group).asDouble(),
                Comparison.Limited.ABSOLUTE);
    }
}
