package io.kiln.cli.pictures;

import io.kiln.masking.image.RgbImage;
import io.kiln.model.Normalisation;

/** Bytes of a picture to a network's input. */
final class Pixels {
    private Pixels() {}

    /**
     * Normalises a picture.
     *
     * @param pixels given [3, height, width]
     * @param offset where in pixels it begins
     */
    static void normalise(
            RgbImage picture, Normalisation normalisation, float[] pixels, int offset) {
        byte[] rgb = picture.rgb();
        int plane = rgb.length / RgbImage.CHANNELS;
        for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
            double mean = normalisation.mean().get(channel);
            double std = normalisation.std().get(channel);
            for (int i = 0; i < plane; i++) {
                double value = (rgb[RgbImage.CHANNELS * i + channel] & 0xff) / 255.0;
                pixels[offset + channel * plane + i] = (float) ((value - mean) / std);
            }
        }
    }
}
