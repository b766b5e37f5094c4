package io.kiln.cli.pictures;

import io.kiln.masking.image.Picture;
import io.kiln.model.Normalisation;

/** Bytes of a picture to a network's input. */
final class Pixels {
    private Pixels() {}

    /**
     * Normalises a picture.
     *
     * @param picture of as many channels as the normalisation
     * @param pixels given [channels, height, width]
     * @param offset where in pixels it begins
     */
    static void normalise(
            Picture picture, Normalisation normalisation, float[] pixels, int offset) {
        byte[] samples = picture.samples();
        int channels = picture.channels();
        int plane = samples.length / channels;
        for (int channel = 0; channel < channels; channel++) {
            double mean = normalisation.mean().get(channel);
            double std = normalisation.std().get(channel);
            for (int i = 0; i < plane; i++) {
                double value = (samples[channels * i + channel] & 0xff) / 255.0;
                pixels[offset + channel * plane + i] = (float) ((value - mean) / std);
            }
        }
    }
}
