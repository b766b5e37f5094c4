package io.kiln.model.batch;

/**
 * What the network fills in for masked patches, as samples.
 *
 * @param geometry sizes of every image
 * @param images how many
 * @param sampleBytes of a sample: 1 for uint8, 2 for uint16, little-endian
 * @param input samples [images, height, width, channels], the images as they were before masking
 * @param masked the same, grey where the encoder was given nothing
 * @param reconstructed the same, with the network's guess there
 */
@SuppressWarnings("ArrayRecordComponent")
public record Reconstruction(
        InputGeometry geometry,
        int images,
        int sampleBytes,
        byte[] input,
        byte[] masked,
        byte[] reconstructed) {}
