package io.kiln.evaluation.drift;

/** What is measured of each image, without a model. Samples count as 0 to 1. */
public enum ImageStatistic {
    /** Mean luma. */
    INTENSITY("intensity"),
    /** Standard deviation of luma. */
    CONTRAST("contrast"),
    /**
     * Colourfulness (Hasler and Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007,
     * 2003): 0 of a grey image, or one that does not have three channels.
     */
    COLOUR("colour"),
    /**
     * Logarithm, base 10, of the variance of the luma's Laplacian (Pech-Pacheco et al., "Diatom
     * autofocusing in brightfield microscopy", ICPR 2000), and 1e-6 added.
     */
    SHARPNESS("sharpness"),
    /** Logarithm, base 2, of the root of the pixels of the image as it was sent. */
    SIZE("size"),
    /** 1 if an image much like it is among the last 64, otherwise 0. */
    NEAR_DUPLICATES("nearDuplicates");

    private final String key;

    ImageStatistic(String key) {
        this.key = key;
    }

    /** Name in records. */
    public String key() {
        return key;
    }
}
