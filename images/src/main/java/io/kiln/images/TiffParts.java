package io.kiln.images;

import java.util.Arrays;

/**
 * Where the strips or tiles of a TIFF lie in its bytes.
 *
 * @param offsets plane by plane; a part at 0 of length 0 is not stored
 * @param lengths all within the bytes
 * @param dataBytes of all together, those that share bytes counted each
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record TiffParts(long[] offsets, long[] lengths, long dataBytes) {
    /**
     * Takes offsets and lengths as writers leave them: more than there are parts, lengths missing,
     * lengths beyond the end of the file or beyond what a part takes.
     *
     * @throws BadImageException UNDECODABLE if there are too few, or together they hold far more
     *     than file and image, TRUNCATED if one begins behind the end
     */
    static TiffParts of(Bytes in, TiffFields fields, TiffLayout layout) throws BadImageException {
        int count = Math.multiplyExact(layout.partsInPlane(), layout.planes());
        long[] offsets = fields.required(fields.offsetsTag());
        long[] told =
                fields.has(fields.lengthsTag())
                        ? fields.required(fields.lengthsTag())
                        : new long[0];
        if (offsets.length < count || told.length > 0 && told.length < count) {
            throw TiffParser.bad(
                    ImageDefect.UNDECODABLE,
                    "has %d offsets and %d lengths of %d strips or tiles"
                            .formatted(offsets.length, told.length, count));
        }
        offsets = Arrays.copyOf(offsets, count);
        long[] lengths = new long[count];
        long total = 0;
        for (int i = 0; i < count; i++) {
            boolean sparse = offsets[i] == 0 && (told.length == 0 || told[i] == 0);
            if (!sparse) {
                in.require(offsets[i], 1);
                lengths[i] = length(i, offsets[i], told, in, layout);
                total += lengths[i];
            }
        }
        long image = layout.rowBytes() * layout.height() * layout.across() * layout.planes();
        if (total > 2 * (in.length() + image)) {
            throw TiffParser.bad(
                    ImageDefect.UNDECODABLE,
                    "has strips or tiles that overlap: " + total + " bytes in all");
        }
        return new TiffParts(offsets, lengths, total);
    }

    private static long length(int index, long offset, long[] told, Bytes in, TiffLayout layout) {
        long rest = in.length() - offset;
        boolean known = told.length > 0 && told[index] > 0;
        long length = known ? Math.min(told[index], rest) : rest;
        if (layout.compression() != TiffCompression.NONE) {
            return length;
        }
        int partRow = index % layout.partsInPlane() / layout.across();
        return Math.min(length, layout.rowBytes() * layout.storedRows(partRow));
    }

    /** The fewest bytes that so many stored strips or tiles can be compressed to. */
    long leastDataBytes(TiffLayout layout) {
        long bytes = 0;
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > 0) {
                int partRow = i % layout.partsInPlane() / layout.across();
                bytes += layout.rowBytes() * layout.storedRows(partRow);
            }
        }
        return bytes / layout.compression().best();
    }
}
