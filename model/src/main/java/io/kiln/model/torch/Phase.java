package io.kiln.model.torch;

/** Parts of a training step, in the order in which they begin. */
public enum Phase {
    /** The batch's mask, its index tables and its pixels, made ready for the network. */
    INDEX,
    /** The sparse encoder, forward. */
    ENCODER,
    /** Norms, tokens and projections of the features, forward. */
    DENSIFY,
    /** The decoder, forward. */
    DECODER,
    /** The loss on the masked patches. */
    LOSS,
    /** Loss and decoder, backward. */
    DECODER_BACKWARD,
    /** The densify projections, backward. */
    DENSIFY_BACKWARD,
    /** The encoder, backward. */
    ENCODER_BACKWARD,
    /** Gradient norm and LAMB. */
    OPTIMISER
}
