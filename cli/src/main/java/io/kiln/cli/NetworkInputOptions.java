package io.kiln.cli;

import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.PublishedArchitectures;
import picocli.CommandLine.Option;

/** Options for the input of a published network, and for its decoder. */
class NetworkInputOptions {
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
            names = "--decoder",
            paramLabel = "KIND",
            defaultValue = "unet",
            description = "unet or block, as model.decoder (default: ${DEFAULT-VALUE})")
    private DecoderKind decoder = DecoderKind.UNET;

    @Option(
            names = "--decoder-width",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "channels of the first decoder block; 0 is the published width, 768 for unet and 512 for block (default: ${DEFAULT-VALUE})")
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

    DecoderKind decoder() {
        return decoder;
    }

    int decoderWidth() {
        return decoder.width(decoderWidth);
    }

    /**
     * A published network with this decoder.
     *
     * @throws IllegalArgumentException if there is none of that name, or the width is not allowed
     */
    Architecture network(String name, int channels) {
        return PublishedArchitectures.named(name, decoderWidth(), channels).withDecoder(decoder);
    }
}
