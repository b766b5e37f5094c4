package io.kiln.images;

/** What becomes of an image that its decoder can read only with some of its pixels lost. */
public enum DamagePolicy {
    /** It is refused. */
    REFUSE,
    /**
     * It is taken with what the decoder makes of it: a JPEG of which libjpeg warns (wrong codes,
     * lost restart intervals, data that end before the end-of-image marker), a PNG whose data have
     * neither a right checksum nor a right Adler-32. OpenCV, TensorFlow and DALI take such images.
     * A file that is cut off is refused all the same.
     */
    TAKE
}
