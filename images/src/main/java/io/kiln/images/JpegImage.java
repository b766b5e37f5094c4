package io.kiln.images;

/**
 * A JPEG whose segments have been walked up to its end-of-image marker (ITU T.81, annex B).
 *
 * @param leastDataBytes a bit for each block of 8 x 8 samples: the code of its DC difference
 *     (F.1.2)
 * @param bytes the segments that pixels need, and one marker that says how colour is stored
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record JpegImage(
        int width,
        int height,
        long dataBytes,
        long leastDataBytes,
        JpegColour colour,
        Orientation orientation,
        byte[] bytes)
        implements EncodedImage {
    @Override
    public String format() {
        return "JPEG";
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        requireDataBytes(dataBytes, leastDataBytes);
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        return switch (colour) {
            case GREY -> RasterToRgb.convert(readers.read(ImageReaders.Codec.JPEG, bytes));
            case RGB, YCC -> readers.readRgb(ImageReaders.Codec.JPEG, bytes, height, width);
            case CMYK, YCCK ->
                    CmykToRgb.convert(readers.readRaster(ImageReaders.Codec.JPEG, bytes), colour);
        };
    }
}
