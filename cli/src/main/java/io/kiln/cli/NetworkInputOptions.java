package io.kiln.cli;

import picocli.CommandLine.Option;

/** Options for the input of a published network, and for its decoder. */
final class NetworkInputOptions {
    @Option(
            names = "--size",
            paramLabel = "PX",
            defaultValue = "224",
            description =
                    "height and width of the images in pixels, a multiple of 32 (default: ${DEFAULT-VALUE})")
    private int size;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "images per batch (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(
            names = "--mask-ratio",
            paramLabel = "SHARE",
            defaultValue = "0.6",
            description = "share of the patches that are masked (default: ${DEFAULT-VALUE})")
    private double maskRatio;

    @Option(
            names = "--decoder-width",
            paramLabel = "N",
            defaultValue = "768",
            description = "channels of the first decoder block (default: ${DEFAULT-VALUE})")
    private int decoderWidth;

    int size() {
        return size;
    }

    int batch() {
        return batch;
    }

    double maskRatio() {
        return maskRatio;
    }

    int decoderWidth() {
        return decoderWidth;
    }
}
