package io.kiln.ingest;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/** Decompresses the pages of a table. None of it needs Hadoop. */
final class ParquetCodec {
    private ParquetCodec() {}

    /**
     * @param compressed a page as it is stored
     * @param length of the page, as its header tells
     * @throws IOException if the page is of another length, or corrupt, or its codec is not read
     */
    static byte[] decompress(CompressionCodecName codec, byte[] compressed, int length)
            throws IOException {
        byte[] plain = new byte[length];
        int decompressed =
                switch (codec) {
                    case SNAPPY -> snappy(compressed, plain);
                    case GZIP ->
                            all(new GZIPInputStream(new ByteArrayInputStream(compressed)), plain);
                    case ZSTD ->
                            (int)
                                    Zstd.decompressByteArray(
                                            plain, 0, length, compressed, 0, compressed.length);
                    case LZ4_RAW ->
                            all(
                                    new BlockLZ4CompressorInputStream(
                                            new ByteArrayInputStream(compressed)),
                                    plain);
                    default -> throw notRead(codec);
                };
        if (decompressed != length) {
            throw new IOException(
                    "a page decompresses to "
                            + decompressed
                            + " bytes where its header says "
                            + length);
        }
        return plain;
    }

    static void requireKnown(CompressionCodecName codec) throws IOException {
        switch (codec) {
            case UNCOMPRESSED, SNAPPY, GZIP, ZSTD, LZ4_RAW -> {}
            default -> throw notRead(codec);
        }
    }

    private static IOException notRead(CompressionCodecName codec) {
        return new IOException(
                "compressed with "
                        + codec
                        + ", which Kiln does not read in tables; expected none, snappy, gzip, zstd"
                        + " or lz4_raw");
    }

    private static int snappy(byte[] compressed, byte[] plain) throws IOException {
        int told = Snappy.uncompressedLength(compressed);
        return told == plain.length
                ? Snappy.uncompress(compressed, 0, compressed.length, plain, 0)
                : told;
    }

    private static int all(InputStream decompressed, byte[] plain) throws IOException {
        try (decompressed) {
            int read = decompressed.readNBytes(plain, 0, plain.length);
            return read + (decompressed.read() < 0 ? 0 : 1);
        }
    }
}
