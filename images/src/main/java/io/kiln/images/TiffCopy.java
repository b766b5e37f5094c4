package io.kiln.images;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Writes a TIFF anew, with nothing but what pixels need. Samples are called grey or RGB whatever
 * they mean, so that the decoder leaves them alone.
 */
final class TiffCopy {
    private final Bytes in;
    private final TiffFields fields;
    private final int samples;
    private final int bits;

    /**
     * @param in a TIFF whose strips or tiles are known to lie inside
     * @param samples a pixel of each TIFF to be written
     * @param bits of each sample
     */
    TiffCopy(Bytes in, TiffFields fields, int samples, int bits) {
        this.in = in;
        this.fields = fields;
        this.samples = samples;
        this.bits = bits;
    }

    /**
     * Each plane becomes a TIFF of its own, as the decoder does not take them together.
     *
     * @param count planes there are
     * @param wanted the first of them that are written
     */
    byte[][] planes(int count, int wanted) throws BadImageException {
        int[] offsets = fields.required(fields.offsetsTag());
        int[] lengths = fields.required(fields.lengthsTag());
        int each = offsets.length / count;
        byte[][] planes = new byte[wanted][];
        for (int plane = 0; plane < wanted; plane++) {
            int from = plane * each;
            planes[plane] =
                    write(
                            Arrays.copyOfRange(offsets, from, from + each),
                            Arrays.copyOfRange(lengths, from, from + each));
        }
        return planes;
    }

    private byte[] write(int[] offsets, int[] lengths) throws BadImageException {
        TiffDirectory directory = new TiffDirectory();
        directory.longs(TiffTag.WIDTH, fields.size(TiffTag.WIDTH));
        directory.longs(TiffTag.HEIGHT, fields.size(TiffTag.HEIGHT));
        int[] allBits = new int[samples];
        Arrays.fill(allBits, bits);
        directory.shorts(TiffTag.BITS, allBits);
        directory.shorts(TiffTag.COMPRESSION, fields.first(TiffTag.COMPRESSION, 1));
        TiffColour colour = samples < 3 ? TiffColour.BLACK_IS_ZERO : TiffColour.RGB;
        directory.shorts(TiffTag.PHOTOMETRIC, colour.code());
        if (samples > colour.samples()) {
            directory.shorts(TiffTag.EXTRA_SAMPLES, new int[samples - colour.samples()]);
        }
        directory.shorts(TiffTag.SAMPLES, samples);
        directory.shorts(TiffTag.PREDICTOR, fields.first(TiffTag.PREDICTOR, 1));
        if (fields.isTiled()) {
            directory.longs(TiffTag.TILE_WIDTH, fields.size(TiffTag.TILE_WIDTH));
            directory.longs(TiffTag.TILE_HEIGHT, fields.size(TiffTag.TILE_HEIGHT));
        } else {
            directory.longs(
                    TiffTag.ROWS_PER_STRIP,
                    fields.first(TiffTag.ROWS_PER_STRIP, Integer.MAX_VALUE));
        }
        int[] moved = new int[offsets.length];
        directory.longs(fields.lengthsTag(), lengths);
        directory.longs(fields.offsetsTag(), moved);
        int end = directory.bytes();
        for (int i = 0; i < moved.length; i++) {
            moved[i] = end;
            end += lengths[i];
        }
        ByteBuffer out = ByteBuffer.allocate(end).order(fields.order());
        directory.write(out);
        for (int i = 0; i < offsets.length; i++) {
            out.put(in.array(), offsets[i], lengths[i]);
        }
        return out.array();
    }
}
