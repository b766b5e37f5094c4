package io.kiln.config;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;

/** Size and normalisation of the network's input, shared by masking and training. */
public record InputConfig(
        @Key(
                        about =
                                "height of the network's input in pixels; a multiple of input.patch",
                        fallback = "224",
                        min = 32,
                        max = 4096)
                int height,
        @Key(
                        about = "width of the network's input in pixels; a multiple of input.patch",
                        fallback = "224",
                        min = 32,
                        max = 4096)
                int width,
        @Key(about = "number of channels of an image", fallback = "3", min = 1, max = 64)
                int channels,
        @Key(
                        about =
                                "side of a mask patch in pixels: 32, 64 or 128, which is 1, 2 or 4 times the encoder's stride",
                        fallback = "32",
                        min = 32,
                        max = 128)
                int patch,
        @Key(
                        about =
                                "type of a sample (one channel of a pixel) from decoding to the network: uint8, or uint16 for satellite, microscope and depth images",
                        fallback = "uint8")
                SampleType sampleType,
        @Key(
                        about =
                                "values in a file that become 0 and 1: one pair for all channels, such as [0, 10000], or one pair for each channel; by default the full range of the file's sample type")
                List<ValueRange> valueRange,
        @Key(
                        about =
                                "mean of each channel, on a scale from 0, the lowest value of a sample, to 1, the highest; ImageNet's by default",
                        fallback = "[0.485, 0.456, 0.406]")
                List<Double> mean,
        @Key(
                        about =
                                "standard deviation of each channel on the same scale; ImageNet's by default",
                        fallback = "[0.229, 0.224, 0.225]",
                        min = 1e-6)
                List<Double> std)
        implements Serializable {
    /** What carries a sample from decoding to the network. */
    public enum SampleType {
        UINT8(1),
        UINT16(2);

        private final int bytes;

        SampleType(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of a sample. */
        public int bytes() {
            return bytes;
        }
    }

    public InputConfig {
        if (patch != 32 && patch != 64 && patch != 128) {
            throw new IllegalArgumentException(
                    "patch: " + patch + " is not allowed; expected 32, 64 or 128");
        }
        requireMultiple("height", height, patch);
        requireMultiple("width", width, patch);
        requireOneAChannel("mean", mean, channels);
        requireOneAChannel("std", std, channels);
        requireRanges(valueRange, channels);
        valueRange = List.copyOf(valueRange);
        mean = List.copyOf(mean);
        std = List.copyOf(std);
    }

    /**
     * The limits of {@link #valueRange}, lowest and highest value in turn, as batches carry them.
     */
    public List<Double> valueLimits() {
        return valueRange.stream().flatMap(range -> Stream.of(range.min(), range.max())).toList();
    }

    /** Patches in a column. */
    public int gridHeight() {
        return height / patch;
    }

    /** Patches in a row. */
    public int gridWidth() {
        return width / patch;
    }

    /** Patches of an image. */
    public int patches() {
        return gridHeight() * gridWidth();
    }

    /** Values of a patch: patch · patch · channels. */
    public int patchValues() {
        return patch * patch * channels;
    }

    /** Bytes of a patch in a batch. */
    public int patchBytes() {
        return patchValues() * sampleType.bytes();
    }

    private static void requireRanges(List<ValueRange> ranges, int channels) {
        if (ranges.size() > 1 && ranges.size() != channels) {
            throw new IllegalArgumentException(
                    "valueRange: "
                            + ranges
                            + " has "
                            + ranges.size()
                            + " pairs; expected one, or one for each of input.channels = "
                            + channels);
        }
        for (ValueRange range : ranges) {
            if (!(range.min() < range.max()) || !Double.isFinite(range.max() - range.min())) {
                throw new IllegalArgumentException(
                        "valueRange: "
                                + range
                                + " is not allowed; expected the lower value first, such as [0,"
                                + " 10000]");
            }
        }
    }

    private static void requireMultiple(String key, int size, int patch) {
        if (size % patch != 0) {
            int below = size / patch * patch;
            throw new IllegalArgumentException(
                    key
                            + ": "
                            + size
                            + " is not allowed; expected a multiple of input.patch = "
                            + patch
                            + (below > 0 ? ", such as " + below + " or " : ", such as ")
                            + (below + patch));
        }
    }

    private static void requireOneAChannel(String key, List<Double> values, int channels) {
        if (values.size() != channels) {
            throw new IllegalArgumentException(
                    key
                            + ": "
                            + values
                            + " has "
                            + values.size()
                            + " values; expected one for each of input.channels = "
                            + channels);
        }
    }
}
