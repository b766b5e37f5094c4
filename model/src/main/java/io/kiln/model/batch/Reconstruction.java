package io.kiln.model.batch;

/**
 * What the network fills in for masked patches, as pixels.
 *
 * @param geometry sizes of every image
 * @param images how many
 * @param input uint8 [images, height, width, channels], the images as they were before masking
 * @param masked the same, grey where the encoder was given nothing
 * @param reconstructed the same, with the network's guess there
 */
@SuppressWarnings("ArrayRecordComponent")
public record Reconstruction(
        InputGeometry geometry, int images, byte[] input, byte[] masked, byte[] reconstructed) {}
