package io.kiln.masking.sampling;

import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.Sha256;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;

/**
 * Identity of a batch: SHA-256 of what decides its content, in the order of SparseBatch's fields.
 * Numbers are big-endian, the mask ratio as IEEE 754 bits. A text is a big-endian int32 length and
 * UTF-8. A flag is one byte. Sample type and value range follow only where they are not the
 * default, so that batches of bytes keep the identity they had before there were others.
 */
final class BatchIdentity {
    private BatchIdentity() {}

    static String of(
            Geometry geometry,
            double maskRatio,
            long seed,
            List<ImageOrigin> origins,
            SampleType sampleType,
            List<Double> valueRange) {
        try {
            MessageDigest digest = Sha256.digest();
            OutputStream sink = new DigestOutputStream(OutputStream.nullOutputStream(), digest);
            DataOutputStream out = new DataOutputStream(sink);
            write(geometry, out);
            out.writeDouble(maskRatio);
            out.writeLong(seed);
            out.writeInt(origins.size());
            for (ImageOrigin origin : origins) {
                write(origin, out);
            }
            if (sampleType != SampleType.UINT8 || !valueRange.isEmpty()) {
                writeText(sampleType.name(), out);
                for (double limit : valueRange) {
                    out.writeDouble(limit);
                }
            }
            return Sha256.hex(digest);
        } catch (IOException e) {
            throw new UncheckedIOException("hashing in memory failed", e);
        }
    }

    private static void write(Geometry geometry, DataOutputStream out) throws IOException {
        out.writeInt(geometry.getHeight());
        out.writeInt(geometry.getWidth());
        out.writeInt(geometry.getChannels());
        out.writeInt(geometry.getPatch());
        out.writeInt(geometry.getGridHeight());
        out.writeInt(geometry.getGridWidth());
    }

    private static void write(ImageOrigin origin, DataOutputStream out) throws IOException {
        writeText(origin.getImageId(), out);
        writeText(origin.getTopic(), out);
        out.writeInt(origin.getPartition());
        out.writeLong(origin.getOffset());
        out.writeInt(origin.getView());
        out.writeInt(origin.getCropTop());
        out.writeInt(origin.getCropLeft());
        out.writeInt(origin.getCropHeight());
        out.writeInt(origin.getCropWidth());
        out.writeBoolean(origin.getFlipped());
    }

    private static void writeText(String text, DataOutputStream out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
