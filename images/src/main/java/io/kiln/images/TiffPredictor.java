package io.kiln.images;

/** What was done to the samples of a TIFF before they were compressed. */
enum TiffPredictor {
    NONE(1),
    /** Each sample is its difference to the one left of it (TIFF 6.0, section 14). */
    DIFFERENCES(2),
    /**
     * Bytes of a row are sorted by significance, then each is its difference to the one left of it
     * (Adobe Photoshop TIFF Technical Note 3).
     */
    FLOATING_POINT(3);

    private final int code;

    TiffPredictor(int code) {
        this.code = code;
    }

    /**
     * @throws BadImageException UNSUPPORTED if it is none of these or not for such samples
     */
    static TiffPredictor of(int code, TiffNumbers numbers, int bits) throws BadImageException {
        for (TiffPredictor predictor : values()) {
            if (predictor.code == code && predictor.isFor(numbers, bits)) {
                return predictor;
            }
        }
        throw TiffParser.bad(
                ImageDefect.UNSUPPORTED,
                "has predictor %d for %s samples of %d bits; none (1), differences (2) of whole bytes and floating-point (3) of such numbers are supported"
                        .formatted(code, numbers, bits));
    }

    private boolean isFor(TiffNumbers numbers, int bits) {
        return switch (this) {
            case NONE -> true;
            case DIFFERENCES -> bits % 8 == 0;
            case FLOATING_POINT -> numbers == TiffNumbers.FLOAT;
        };
    }

    /**
     * Undoes it in rows of a strip or tile, of most significant bytes first.
     *
     * @param samples a pixel
     */
    void undo(byte[] part, int rows, int rowBytes, int samples, int bits) {
        for (int start = 0; start < rows * rowBytes; start += rowBytes) {
            switch (this) {
                case NONE -> {}
                case DIFFERENCES -> sum(part, start, start + rowBytes, samples, bits / 8);
                case FLOATING_POINT -> {
                    sumBytes(part, start, start + rowBytes, samples);
                    unsort(part, start, rowBytes, bits / 8);
                }
            }
        }
    }

    private static void sumBytes(byte[] part, int start, int end, int samples) {
        for (int i = start + samples; i < end; i++) {
            part[i] += part[i - samples];
        }
    }

    private static void sum(byte[] part, int start, int end, int samples, int bytes) {
        if (bytes == 1) {
            sumBytes(part, start, end, samples);
            return;
        }
        int left = bytes * samples;
        for (int i = start + left; i < end; i += bytes) {
            int sum = 0;
            for (int at = i + bytes - 1; at >= i; at--) {
                sum = (part[at] & 0xFF) + (part[at - left] & 0xFF) + (sum >> 8);
                part[at] = (byte) sum;
            }
        }
    }

    private static void unsort(byte[] part, int start, int rowBytes, int bytes) {
        byte[] sorted = new byte[rowBytes];
        System.arraycopy(part, start, sorted, 0, rowBytes);
        int count = rowBytes / bytes;
        for (int i = 0; i < count; i++) {
            for (int b = 0; b < bytes; b++) {
                part[start + i * bytes + b] = sorted[b * count + i];
            }
        }
    }
}
