package io.kiln.ingest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import org.apache.parquet.format.Util;

/** What the end of a table tells of it as a whole and Parquet's reader keeps to itself. */
final class ParquetFooter {
    /** The footer's length and the signature. */
    private static final int TAIL_BYTES = 8;

    private ParquetFooter() {}

    /**
     * How many rows the table tells that it has.
     *
     * @param file a table whose footer has been read before, so that its length is right
     */
    static long rows(SeekableByteChannel file) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        file.position(file.size() - TAIL_BYTES);
        while (length.hasRemaining() && file.read(length) >= 0) {}
        file.position(file.size() - TAIL_BYTES - length.getInt(0));
        boolean skipRowGroups = true;
        return Util.readFileMetaData(
                        new BufferedInputStream(Channels.newInputStream(file)), skipRowGroups)
                .getNum_rows();
    }
}
