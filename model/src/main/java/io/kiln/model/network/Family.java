package io.kiln.model.network;

/** Kinds of encoder blocks. */
public enum Family {
    /** Two 3×3 convolutions a block, as in ResNet-18 and -34. */
    RESNET_BASIC,
    /**
     * 1×1, 3×3, 1×1 convolutions a block, as in ResNet-50 and deeper; a stage's width is its
     * output's.
     */
    RESNET_BOTTLENECK,
    /** 7×7 depthwise convolution and an MLP a block, with a layer scale. */
    CONVNEXT,
    /** The same with a global response norm in the MLP in place of the layer scale. */
    CONVNEXT_V2;

    /** Whether blocks are ConvNeXt's, of either version. */
    public boolean isConvNext() {
        return this == CONVNEXT || this == CONVNEXT_V2;
    }

    /** Whether the encoder normalises with batch statistics (ResNet) or site by site (ConvNeXt). */
    public boolean usesBatchNorm() {
        return !isConvNext();
    }
}
