package io.kiln.model.network;

import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.Parameter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Counts multiply-adds and kept activations from the kernels' names and shapes: a kernel costs its
 * size at each site of its output, and its name says at which stride that is.
 */
final class CostCounter {
    private static final Pattern RESNET =
            Pattern.compile("layer(\\d)\\.(\\d+)\\.(conv\\d|downsample).*");
    private static final Pattern CONVNEXT_STAGE = Pattern.compile("stages\\.(\\d)\\..*");
    private static final Pattern CONVNEXT_DOWNSAMPLE =
            Pattern.compile("downsample_layers\\.(\\d)\\..*");
    private static final Pattern LEVEL = Pattern.compile("densify_projs\\.(\\d)\\..*");
    private static final Pattern BLOCK =
            Pattern.compile("dense_decoder\\.dec\\.(\\d)\\.(up_sample|conv)\\..*");

    /** A convolution's output, and what the norm behind it makes of it. */
    private static final int ARRAYS_A_KERNEL = 2;

    private final Architecture architecture;
    private final InputGeometry geometry;
    private final double maskedShare;
    private long encoderMacs;
    private long densifyMacs;
    private long decoderMacs;
    private long encoderValues;
    private long decoderValues;

    /**
     * @param maskedShare of an image's patches; a decoder may draw those alone
     */
    CostCounter(Architecture architecture, InputGeometry geometry, double maskedShare) {
        this.architecture = architecture;
        this.geometry = geometry;
        this.maskedShare = maskedShare;
    }

    void count(Parameter kernel) {
        String name = kernel.name();
        Shape shape = kernel.value().getShape();
        Matcher level = LEVEL.matcher(name);
        Matcher block = BLOCK.matcher(name);
        if (name.startsWith(Encoder.PREFIX)) {
            long sites = sites(encoderStride(name.substring(Encoder.PREFIX.length() + 1)));
            encoderMacs += sites * shape.size();
            encoderValues += ARRAYS_A_KERNEL * sites * shape.get(0);
        } else if (level.matches()) {
            long sites = sites(InputGeometry.STRIDE >> Integer.parseInt(level.group(1)));
            densifyMacs += sites * shape.size();
            decoderValues += sites * shape.get(0);
        } else if (block.matches()) {
            int inputStride = InputGeometry.STRIDE >> Integer.parseInt(block.group(1));
            boolean up = block.group(2).equals("up_sample");
            decoderMacs += sites(up ? inputStride : inputStride / 2) * shape.size();
            decoderValues +=
                    (up ? 1 : ARRAYS_A_KERNEL) * sites(inputStride / 2) * shape.get(up ? 1 : 0);
        } else if (architecture.decoder() == DecoderKind.BLOCK) {
            countOfBlock(name, shape);
        } else {
            decoderMacs += sites(1) * shape.size();
            decoderValues += sites(1) * shape.get(0);
        }
    }

    private void countOfBlock(String name, Shape shape) {
        long sites = sites(InputGeometry.STRIDE);
        if (name.startsWith("proj.")) {
            densifyMacs += sites * shape.size();
            decoderValues += sites * shape.get(0);
        } else {
            double drawn = name.startsWith("pred.") ? maskedShare * sites : sites;
            decoderMacs += Math.round(drawn * shape.size());
            decoderValues += Math.round(ARRAYS_A_KERNEL * drawn * shape.get(0));
        }
    }

    private long sites(int stride) {
        return (long) (geometry.height() / stride) * (geometry.width() / stride);
    }

    /** Stride of the output of a kernel of the encoder. */
    private int encoderStride(String name) {
        Matcher resnet = RESNET.matcher(name);
        if (resnet.matches()) {
            int stride = 2 << Integer.parseInt(resnet.group(1));
            boolean beforeTheStride =
                    resnet.group(1).charAt(0) > '1'
                            && resnet.group(2).equals("0")
                            && resnet.group(3).equals("conv1")
                            && architecture.family() == Family.RESNET_BOTTLENECK;
            return beforeTheStride ? stride / 2 : stride;
        }
        Matcher stage = CONVNEXT_STAGE.matcher(name);
        Matcher downsample = CONVNEXT_DOWNSAMPLE.matcher(name);
        if (stage.matches() || downsample.matches()) {
            return 4 << Integer.parseInt(stage.matches() ? stage.group(1) : downsample.group(1));
        }
        return 2; // ResNet's stem
    }

    long encoderMacs() {
        return encoderMacs;
    }

    long densifyMacs() {
        return densifyMacs;
    }

    long decoderMacs() {
        return decoderMacs;
    }

    long activationBytes(double visibleShare) {
        return Math.round(Float.BYTES * (encoderValues * visibleShare + decoderValues));
    }
}
