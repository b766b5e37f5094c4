package io.kiln.images;

/**
 * Which coefficients of which components the scans of a JPEG have brought in full (ITU T.81,
 * G.1.1): tells whether a file without its end-of-image marker lacks a scan.
 */
final class JpegScans {
    private static final long ALL = -1;

    private final int[] components;
    private final boolean progressive;
    private final long[] complete;

    /**
     * @param components their identifiers
     * @param progressive whether a scan may bring some coefficients, or some of their bits
     */
    JpegScans(int[] components, boolean progressive) {
        this.components = components;
        this.progressive = progressive;
        this.complete = new long[components.length];
    }

    /**
     * Takes note of a scan.
     *
     * @param at the number of components in its header
     */
    void add(Bytes in, int at) throws BadImageException {
        int count = in.u8(at);
        int spectrum = at + 1 + 2 * count;
        for (int i = 0; i < count; i++) {
            int id = in.u8(at + 1 + 2 * i);
            for (int component = 0; component < components.length; component++) {
                if (components[component] == id) {
                    complete[component] |= progressive ? lastBits(in, spectrum) : ALL;
                }
            }
        }
    }

    /** The coefficients whose least significant bit a scan brings. */
    private static long lastBits(Bytes in, int spectrum) throws BadImageException {
        int first = in.u8(spectrum);
        int last = in.u8(spectrum + 1);
        boolean more = (in.u8(spectrum + 2) & 15) != 0;
        if (more || first > last || last > 63) {
            return 0;
        }
        return ALL << first & ALL >>> (63 - last);
    }

    boolean isComplete() {
        for (long coefficients : complete) {
            if (coefficients != ALL) {
                return false;
            }
        }
        return complete.length > 0;
    }
}
