package io.kiln.model.network;

/** What draws the masked patches. */
public enum DecoderKind {
    /** SparK's UNet-like decoder over all four stages. */
    UNET(768),
    /** The single block of ConvNeXt V2's FCMAE, over the last stage. */
    BLOCK(512);

    private final int publishedWidth;

    DecoderKind(int publishedWidth) {
        this.publishedWidth = publishedWidth;
    }

    /**
     * Channels of the decoder.
     *
     * @param configured 0 for as many as it was published with
     */
    public int width(int configured) {
        return configured == 0 ? publishedWidth : configured;
    }
}
